"""Frames and spectra: librosa, torch, and the feature extractor of transformers."""

import librosa
import numpy as np
import torch
from transformers import WhisperFeatureExtractor

from . import rival

HANN = torch.hann_window(400, periodic=True)


@rival("audio/view", "librosa")
def _(row, x):
    sound = x["sound"]
    return (
        lambda: librosa.util.frame(sound, frame_length=400, hop_length=160),
        lambda made: made[7],
    )


def power(row, x):
    dtype = x["output"].dtype
    sound = x["sound"].astype(dtype)
    size = {"n_fft": 400, "hop_length": 160, "pad_mode": "reflect"}
    return lambda: np.abs(librosa.stft(sound, **size)) ** 2, lambda made: made.T


rival("audio/power-*", "librosa")(power)


@rival("audio/power-*", "torch")
def _(row, x):
    dtype = x["output"].dtype
    sound = torch.from_numpy(x["sound"].astype(dtype))
    window = torch.hann_window(400, periodic=True, dtype=sound.dtype)

    def spectra():
        found = torch.stft(sound, 400, 160, window=window, return_complex=True, pad_mode="reflect")
        return found.abs().square()

    return spectra, lambda made: made.numpy().T


@rival("audio/inverse", "librosa")
def _(row, x):
    sound = x["sound"].astype(np.float64)
    spectra = librosa.stft(sound, n_fft=400, hop_length=160, pad_mode="reflect")
    return lambda: librosa.istft(spectra, n_fft=400, hop_length=160, length=len(sound)), np.asarray


@rival("audio/inverse", "torch")
def _(row, x):
    sound = torch.from_numpy(x["sound"].astype(np.float64))
    window = torch.hann_window(400, periodic=True, dtype=sound.dtype)
    spectra = torch.stft(sound, 400, 160, window=window, return_complex=True, pad_mode="reflect")
    return lambda: torch.istft(spectra, 400, 160, window=window, length=len(sound)), np.asarray


def extractor():
    # Extends to 30 s what is shorter; a minute is not.
    return WhisperFeatureExtractor(feature_size=80)


@rival("audio/whisper", "HF numpy")
def _(row, x):
    features = extractor()
    batch = x["sound"][None]
    return lambda: features._np_extract_fbank_features(batch, "cpu"), lambda made: np.array(made)[0].T


@rival("audio/whisper", "torch")
def _(row, x):
    features = extractor()
    batch = x["sound"][None]
    return (
        lambda: features._torch_extract_fbank_features(batch, "cpu"),
        lambda made: np.array(made)[0].T,
    )
