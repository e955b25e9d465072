"""Power spectra, log-mel and the inverse beside librosa, torch and Hugging Face's feature extraction, one thread.

    cargo build --release -p windows-benches --example frame_times
    python benches/peers/audio.py [--rounds R] [--seconds S] [--isa portable|avx2|avx512]

A minute of noise at 16 kHz, frames of 400 every 160. Results are compared before anything is timed; then, round
by round, ours and the rival run in turn, and the best of all rounds counts. A rival that is not installed prints
SKIPPED and the reason.
"""

import argparse
import importlib.metadata
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

# One thread, before anything loads a thread pool.
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--seconds", type=float, default=0.3, help="of each library in a round")
parser.add_argument("--isa", default="avx512")
args = parser.parse_args()

root = Path(__file__).resolve().parents[2]
target = Path(os.environ.get("CARGO_TARGET_DIR", root / "target"))
program = target / "release/examples/frame_times"
folder = tempfile.TemporaryDirectory()
files = Path(folder.name)
sound = np.random.default_rng(1).uniform(-1, 1, 60 * 16_000).astype(np.float32)
sound.tofile(files / "sound.f32")
double = sound.astype(np.float64)


def run(name, *options):
    command = [program, "--sound", files / "sound.f32", *options, name]
    environment = {**os.environ, "WINDOWS_ISA": args.isa}
    out = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    return json.loads(out)["ns"]


def result(name, bins):
    """Everything that a work of ours computes."""
    run(name, "--seconds", "0", "--out", files / "result.f64")
    return np.fromfile(files / "result.f64").reshape(-1, bins)


def best(call, frames):
    least, start = float("inf"), time.perf_counter()
    while time.perf_counter() - start < args.seconds:
        before = time.perf_counter()
        call()
        least = min(least, time.perf_counter() - before)
    return least * 1e9 / frames


def librosa_power(samples):
    import librosa

    def call():
        spectra = librosa.stft(samples, n_fft=400, hop_length=160, pad_mode="reflect")
        return (spectra.real**2 + spectra.imag**2).T

    return call


def torch_power(samples):
    import torch

    torch.set_num_threads(1)
    x = torch.from_numpy(samples)
    window = torch.hann_window(400, dtype=x.dtype)

    def call():
        spectra = torch.stft(x, 400, 160, window=window, return_complex=True)
        return (spectra.real**2 + spectra.imag**2).numpy().T

    return call


def torch_inverse():
    import torch

    torch.set_num_threads(1)
    x = torch.from_numpy(double)
    window = torch.hann_window(400, dtype=x.dtype)
    spectra = torch.stft(x, 400, 160, window=window, return_complex=True)
    return lambda: torch.istft(spectra, 400, 160, window=window, length=len(x)).numpy()[:, None]


def librosa_inverse():
    import librosa

    spectra = librosa.stft(double, n_fft=400, hop_length=160, pad_mode="reflect")
    return lambda: librosa.istft(spectra, n_fft=400, hop_length=160, length=len(double))[:, None]


def whisper(kind):
    from transformers import WhisperFeatureExtractor

    extractor = WhisperFeatureExtractor()
    if kind == "numpy":
        return lambda: extractor._np_extract_fbank_features(sound[None], "cpu")[0].T
    import torch

    torch.set_num_threads(1)
    return lambda: extractor._torch_extract_fbank_features(sound[None], "cpu")[0].T


# What is done, our name for it, values of a frame, the rival, its call, the largest difference from ours.
ROWS = [
    ("power, f32", "power f32, all", 201, "librosa", lambda: librosa_power(sound), 1e-3),
    ("power, f32", "power f32, all", 201, "torch", lambda: torch_power(sound), 1e-3),
    ("power, f64", "power f64, all", 201, "librosa", lambda: librosa_power(double), 1e-9),
    ("power, f64", "power f64, all", 201, "torch", lambda: torch_power(double), 1e-9),
    ("inverse, f64", "istft f64", 1, "librosa", librosa_inverse, 1e-12),
    ("inverse, f64", "istft f64", 1, "torch", torch_inverse, 1e-12),
    ("Whisper log-mel, f64 inside", "log-mel f64", 80, "transformers (numpy)", lambda: whisper("numpy"), 1e-6),
    ("Whisper log-mel, f64 inside", "log-mel f64", 80, "transformers (torch, f32)", lambda: whisper("torch"), 5e-5),
]

versions = []
for name in ("librosa", "torch", "transformers", "numpy"):
    try:
        versions.append(f"{name} {importlib.metadata.version(name)}")
    except importlib.metadata.PackageNotFoundError:
        versions.append(f"{name} absent")
print(f"{', '.join(versions)}; {args.isa}, one thread, ns a frame")
print("| work | rival | theirs | ours | rival / ours |")
print("|---|---|---:|---:|---:|", flush=True)
for what, name, bins, rival, prepare, bound in ROWS:
    try:
        call = prepare()
        theirs = call()
    except ImportError as error:
        print(f"| {what} | {rival} | SKIPPED | {error} | |", flush=True)
        continue
    ours = result(name, bins)
    assert ours.shape == theirs.shape, (rival, ours.shape, theirs.shape)
    difference = np.abs(ours - theirs).max()
    assert difference <= bound, f"{what}, {rival}: they differ by {difference}"
    frames = 6001 if bins == 1 else len(ours)
    times = [(run(name, "--seconds", str(args.seconds)), best(call, frames)) for _ in range(args.rounds)]
    mine, yours = np.min(times, axis=0)
    print(f"| {what} | {rival} | {yours:.0f} | {mine:.0f} | {yours / mine:.2f} |", flush=True)
for name in ("view", "windowed", "power f32", "power f64"):
    mine = min(run(name, "--seconds", str(args.seconds)) for _ in range(args.rounds))
    print(f"| {name}, one frame after the other | - | - | {mine:.2f} | |", flush=True)
