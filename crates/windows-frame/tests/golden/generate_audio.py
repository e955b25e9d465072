"""Writes the golden files of `tests/golden_audio.rs`, from the libraries themselves.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python generate_audio.py

`counts_NAME.npy` is int16, one row per case: length, hop, then the number of frames of 0, 1, .. 2000
samples; -1 where the library raises. `frames_NAME_*.npy` holds the frames of 1, 2, .. n as the library
cuts them; `prints_NAME.npy`, uint32, has a row per pair of length and hop and, of the frames of 0 to 2000
such samples, the number and a fingerprint; `stft_*.npy`, `mel_*.npy`, `window_*.npy` what their names say. Versions: `versions.txt`.
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import importlib.metadata
import warnings

import kaldi_native_fbank as knf
import librosa
import numpy as np
import scipy.signal
import tensorflow as tf
import tokenizers
import torch
from transformers import WhisperFeatureExtractor
from transformers.audio_utils import spectrogram

warnings.filterwarnings("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLES = 2001
PAIRS = [(400, 160), (512, 128), (25, 10), (7, 3), (6, 6), (5, 9)]


def save(name, array):
    np.save(os.path.join(HERE, name + ".npy"), np.ascontiguousarray(array))


def counts(name, count, pairs=PAIRS):
    rows = []
    for length, hop in pairs:
        row = [length, hop]
        for n in range(SAMPLES):
            try:
                row.append(count(n, length, hop))
            except Exception:
                row.append(-1)
        rows.append(row)
    save("counts_" + name, np.array(rows, dtype=np.int16))
    print(name, [row[2:][-1] for row in rows])


# Powers of 31 modulo 2^32, the highest first.
POWERS = np.cumprod(np.concatenate([[1], np.full(1 << 14, 31)]).astype(np.uint32), dtype=np.uint32)[::-1]


def fingerprint(frames):
    """Of whole numbers: h = 31 h + number, modulo 2^32, from one to the next."""
    numbers = np.asarray(frames).astype(np.int64).astype(np.uint32).ravel()
    return int((numbers * POWERS[len(POWERS) - len(numbers) :]).sum(dtype=np.uint32))


def prints(name, frames, pairs=((25, 10), (8, 3), (5, 9))):
    """`frames(x, length, hop)` of the first 0, 1, .. 2000 samples of a ramp; none where the library raises."""
    rows = []
    for length, hop in pairs:
        row = [length, hop]
        for n in range(SAMPLES):
            try:
                cut = frames(ramp(n), length, hop)
                row += [len(cut), fingerprint(cut)]
            except Exception:
                row += [2**32 - 1, 0]
        rows.append(row)
    save("prints_" + name, np.array(rows, dtype=np.uint32))
    print(name, [row[-2:] for row in rows])


def ramp(n):
    return np.arange(1, n + 1, dtype=np.float64)


def cut(spectra, length, bound=1e-6):
    """Frames of a ramp, from their spectra under a rectangular window."""
    frames = np.fft.irfft(spectra, n=length, axis=-1)
    whole = np.round(frames)
    assert np.abs(frames - whole).max(initial=0) < bound
    return whole


# --- frames -----------------------------------------------------------------------------------------


def librosa_centered(n, length, hop, x=None):
    y = np.zeros(n) if x is None else x
    return librosa.stft(y, n_fft=length, hop_length=hop, window="boxcar", center=True, pad_mode="constant").T


def torch_stft(x, length, hop, **kwargs):
    return torch.stft(
        torch.as_tensor(x), length, hop, window=torch.ones(kwargs.pop("win", length), dtype=torch.float64),
        return_complex=True, **kwargs,
    ).numpy().T


def kaldi_options(length, hop, snip):
    options = knf.FrameExtractionOptions()
    options.samp_freq = 1000
    options.frame_length_ms = length
    options.frame_shift_ms = hop
    options.dither = 0
    options.preemph_coeff = 0
    options.remove_dc_offset = False
    options.window_type = "rectangular"
    options.snip_edges = snip
    return options


def kaldi_count(n, length, hop, snip):
    options = knf.FbankOptions()
    options.frame_opts = kaldi_options(length, hop, snip)
    options.mel_opts.num_bins = 3
    options.mel_opts.low_freq = 0
    bank = knf.OnlineFbank(options)
    bank.accept_waveform(1000, [0.0] * n)
    bank.input_finished()
    return bank.num_frames_ready


def kaldi_frames(x, length, hop, snip):
    options = knf.RawAudioSamplesOptions()
    options.frame_opts = kaldi_options(length, hop, snip)
    raw = knf.OnlineRawAudioSamples(options)
    raw.accept_waveform(1000, x.tolist())
    raw.input_finished()
    frames = [raw.get_frame(k)[:length] for k in range(raw.num_frames_ready)]
    return np.array(frames).reshape(-1, length)


def whisper_frames(x, length, hop):
    # As the feature extractor calls it, which leaves the last frame out.
    ones = np.ones(length)
    spectra = spectrogram(x, ones, length, hop, power=None, center=True, pad_mode="reflect")
    return cut(spectra.T[:-1], length, 0.1)


def short_time_fft(length, hop, window):
    return scipy.signal.ShortTimeFFT(window, hop=hop, fs=1.0, phase_shift=None)


def scipy_count(n, length, hop):
    return short_time_fft(length, hop, scipy.signal.get_window("hann", length)).p_num(n)


def scipy_legacy(x, length, hop):
    # nperseg beyond the input is silently reduced: such input is no case.
    assert len(x) >= length
    _, _, z = scipy.signal.stft(x, nperseg=length, noverlap=length - hop, window="boxcar", return_onesided=True)
    return z.T * length


def hf_count(n, length, overlap):
    words = {"[UNK]": 0, "a": 1}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.enable_truncation(length, stride=overlap)
    encoding = tokenizer.encode("a " * n)
    return 1 + len(encoding.overflowing)


whisper = WhisperFeatureExtractor()


def whisper_count(n, length, hop):
    return whisper(np.zeros(n, dtype=np.float32), sampling_rate=16000, padding="do_not_pad", return_tensors="np")[
        "input_features"
    ].shape[-1]


counts("librosa", lambda n, l, h: librosa_centered(n, l, h).shape[0])
counts("librosa_frame", lambda n, l, h: librosa.util.frame(np.zeros(n), frame_length=l, hop_length=h).shape[1])
counts("torch", lambda n, l, h: torch_stft(np.zeros(n), l, h, center=True).shape[0])
counts("torch_unfold", lambda n, l, h: torch.zeros(n).unfold(0, l, h).shape[0])
# The window is `length`, the transform the next even number that is a power of two.
fft = lambda l: 1 << (l - 1).bit_length()
counts(
    "torch_aligned",
    lambda n, l, h: torch_stft(
        np.zeros(n), fft(l), h, win=l, win_length=l, center=False, align_to_window=True
    ).shape[0],
)
counts("tensorflow", lambda n, l, h: tf.signal.frame(np.zeros(n, np.float32), l, h).shape[0])
counts("tensorflow_pad", lambda n, l, h: tf.signal.frame(np.zeros(n, np.float32), l, h, pad_end=True).shape[0])
counts("kaldi", lambda n, l, h: kaldi_count(n, l, h, True))
counts("kaldi_nosnip", lambda n, l, h: kaldi_count(n, l, h, False))
counts("scipy", scipy_count)
counts("scipy_legacy", lambda n, l, h: scipy_legacy(np.zeros(n), l, h).shape[0], PAIRS[:-1])
counts("whisper", whisper_count, [(400, 160)])
# Here the second number is the overlap.
counts("huggingface", hf_count, [(400, 240), (25, 10), (7, 3), (6, 0)])

FRAMES = {
    "librosa": lambda x, l, h: cut(librosa_centered(0, l, h, x), l),
    "librosa_frame": lambda x, l, h: librosa.util.frame(x, frame_length=l, hop_length=h).T,
    "torch": lambda x, l, h: cut(torch_stft(x, l, h, center=True, pad_mode="reflect"), l),
    "torch_unfold": lambda x, l, h: torch.as_tensor(x).unfold(0, l, h).numpy(),
    "tensorflow": lambda x, l, h: tf.signal.frame(x, l, h).numpy(),
    "tensorflow_pad": lambda x, l, h: tf.signal.frame(x, l, h, pad_end=True).numpy(),
    "kaldi": lambda x, l, h: kaldi_frames(x, l, h, True),
    "kaldi_nosnip": lambda x, l, h: kaldi_frames(x, l, h, False),
    "scipy_boxcar": lambda x, l, h: cut(short_time_fft(l, h, np.ones(l)).stft(x).T, l),
    "scipy_legacy": lambda x, l, h: cut(scipy_legacy(x, l, h), l),
    "whisper": whisper_frames,
}
for name, frames in FRAMES.items():
    for n, length, hop in [(23, 8, 3), (40, 7, 5), (9, 6, 2)]:
        if name == "whisper" and length % 2 == 1:
            continue
        save(f"frames_{name}_{n}_{length}_{hop}", frames(ramp(n), length, hop).astype(np.float64))
    pairs = [(8, 3), (5, 4), (25, 10)] if name == "scipy_legacy" else [(25, 10), (8, 3), (5, 9)]
    prints(name, frames, pairs)

# --- windows ----------------------------------------------------------------------------------------

SCIPY = {
    "rectangular": "boxcar", "hann": "hann", "hamming": "hamming", "blackman": "blackman",
    "blackman-harris": "blackmanharris", "nuttall": "nuttall", "flat-top": "flattop", "bartlett": "bartlett",
    "kaiser": ("kaiser", 8.6), "gaussian": ("gaussian", 5.0), "tukey": ("tukey", 0.3), "sine": "cosine",
}
for name, spec in SCIPY.items():
    rows = []
    for length in (16, 17, 400):
        for periodic in (True, False):
            rows.append(scipy.signal.get_window(spec, length, fftbins=periodic))
    save(f"window_{name}", np.concatenate(rows))


def kaldi_window(kind, length):
    options = knf.FrameExtractionOptions()
    options.samp_freq = 1000
    options.frame_length_ms = length
    options.window_type = kind
    options.blackman_coeff = 0.42
    return np.array(knf.FeatureWindowFunction(options).window)


save("window_povey", np.concatenate([kaldi_window("povey", length) for length in (16, 17, 400)]))

# --- spectra ----------------------------------------------------------------------------------------

rng = np.random.default_rng(7)
signal = np.round(rng.uniform(-1, 1, 900) * 32767) / 32768
save("signal", signal)
hann = scipy.signal.get_window("hann", 60)
save("stft_librosa", librosa.stft(signal, n_fft=64, hop_length=16, win_length=60, center=True).T)
save(
    "stft_torch",
    torch.stft(
        torch.as_tensor(signal), 64, 16, win_length=60, window=torch.as_tensor(hann), return_complex=True
    ).numpy().T,
)
save(
    "stft_torch_aligned",
    torch.stft(
        torch.as_tensor(signal), 64, 16, win_length=60, window=torch.as_tensor(hann), center=False,
        align_to_window=True, return_complex=True,
    ).numpy().T,
)
save("stft_tensorflow", tf.signal.stft(signal, 60, 16).numpy())
save("stft_scipy", scipy.signal.ShortTimeFFT(hann, hop=16, fs=1.0).stft(signal).T)
legacy = scipy.signal.stft(signal, nperseg=60, noverlap=44, window="hann")[2].T
save("stft_scipy_legacy", legacy * hann.sum())

# --- mel --------------------------------------------------------------------------------------------

save("mel_slaney_40", librosa.filters.mel(sr=16000, n_fft=200, n_mels=40, dtype=np.float64))
save("mel_htk_40", librosa.filters.mel(sr=16000, n_fft=256, n_mels=40, htk=True, norm=None, dtype=np.float64))

speech = os.path.join(HERE, "../../../../docs/assets/speech.wav")
pcm = np.frombuffer(open(speech, "rb").read()[44:], dtype="<i2").astype(np.float64) / 32768
pcm = pcm[8000:16000]
save("pcm", (pcm * 32768).astype(np.int16))


def log_mel_whisper(x):
    """Whisper's log-mel with everything in double precision."""
    power = np.abs(librosa.stft(x, n_fft=400, hop_length=160, pad_mode="reflect")[:, :-1]) ** 2
    mel = librosa.filters.mel(sr=16000, n_fft=400, n_mels=80, dtype=np.float64) @ power
    log = np.log10(np.maximum(mel, 1e-10))
    return ((np.maximum(log, log.max() - 8) + 4) / 4).T


save("mel_whisper", log_mel_whisper(pcm))
hf = whisper(pcm.astype(np.float32), sampling_rate=16000, padding="do_not_pad", return_tensors="np", device="cpu")
hf = WhisperFeatureExtractor._np_extract_fbank_features(whisper, pcm.astype(np.float32)[None], "cpu")[0].T
print("whisper: f64 reference against the library", np.abs(hf - log_mel_whisper(pcm)).max())
save("mel_whisper_library", hf.astype(np.float32))


def fbank_kaldi(x, bins=80):
    """Kaldi's fbank with everything in double precision: no dither."""
    length, hop, size = 400, 160, 512
    frames = np.lib.stride_tricks.sliding_window_view(x, length)[::hop].copy()
    frames -= frames.mean(axis=1, keepdims=True)
    frames -= 0.97 * np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    frames *= scipy.signal.windows.hann(length) ** 0.85
    power = np.abs(np.fft.rfft(frames, size)) ** 2
    mel = lambda f: 1127.0 * np.log(1 + f / 700)
    low, high = mel(20.0), mel(8000.0)
    step = (high - low) / (bins + 1)
    at = mel(np.arange(size // 2) * 16000 / size)
    bank = np.zeros((bins, size // 2))
    for b in range(bins):
        left, center, right = low + b * step, low + (b + 1) * step, low + (b + 2) * step
        up, down = (at - left) / (center - left), (right - at) / (right - center)
        bank[b] = np.where((at > left) & (at < right), np.where(at <= center, up, down), 0)
    return np.log(np.maximum(power[:, : size // 2] @ bank.T, np.finfo(np.float32).eps))


options = knf.FbankOptions()
options.frame_opts.dither = 0
options.mel_opts.num_bins = 80
bank = knf.OnlineFbank(options)
bank.accept_waveform(16000, (pcm * 32768).tolist())
bank.input_finished()
library = np.array([bank.get_frame(k) for k in range(bank.num_frames_ready)])
reference = fbank_kaldi(pcm * 32768)
print("kaldi: f64 reference against the library", library.shape, np.abs(library - reference).max())
save("mel_kaldi", reference)
save("mel_kaldi_library", library.astype(np.float32))

names = ["librosa", "scipy", "numpy", "torch", "tensorflow_cpu", "kaldi_native_fbank", "transformers", "tokenizers"]
with open(os.path.join(HERE, "versions.txt"), "w") as file:
    for name in names:
        file.write(f"{name} {importlib.metadata.version(name)}\n")
