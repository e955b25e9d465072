"""Times every row of `docs/benchmarks.md` and writes the page. `scripts/benchmarks` runs it.

    python benches/peers/tables.py [--quick] [--only PATTERN] [--data FILE | --render FILE]

What is compared alternates: a round has every column once, ours under each cap of the instruction set among
the rivals, and the least time of all rounds counts. Inputs come from our program, and what a rival makes of them
is compared with what ours made before anything is timed. A rival that is missing ends the run.

`--only` prints the rows whose name fits and writes no page. `--data` keeps what was measured, `--render` writes
the page of it again.
"""

import argparse
import datetime
import fnmatch
import gc
import importlib.metadata
import json
import os
import platform
import subprocess
import time
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RTEN_NUM_THREADS"):
    os.environ[variable] = "1"  # before numpy and torch are loaded

import numpy as np

import page
import rivals
from worker import Worker

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ["numpy", "torch", "onnxruntime", "tract", "opencv-python-headless", "scipy", "librosa", "transformers", "tiler"]
CRATES = ["ndarray", "matrixmultiply", "rten", "icu_segmenter", "text-splitter", "unicode-segmentation", "realfft", "rustfft"]
# What each family is measured with, beside the best instruction set on one thread.
CAPS = ["avx2", "portable"]
ONLY_BEST = {"growth"}


def best(call, seconds):
    """The least time of a call, of as many as fit; short ones in batches."""

    def timed(calls):
        begin = time.perf_counter()
        for _ in range(calls):
            call()
        return (time.perf_counter() - begin) / calls

    started = time.perf_counter()
    least, calls = timed(1), 1
    while timed(calls) * calls < 20e-6:
        calls *= 2
    while True:
        least = min(least, timed(calls))
        if time.perf_counter() - started >= seconds:
            return least


def compared(row, name, found, expected):
    found = np.asarray(found)
    if found.shape != expected.shape:
        raise AssertionError(f"{row['id']}: {name} has shape {found.shape}, ours {expected.shape}")
    if expected.dtype.kind == "f":
        scale = np.abs(expected).max(initial=1.0)
        equal = np.allclose(found, expected, rtol=1e-3, atol=1e-4 * scale)
    else:
        equal = np.array_equal(found, expected)
    if not equal:
        apart = np.abs(found.astype(float) - expected.astype(float)).max()
        raise AssertionError(f"{row['id']}: {name} differs from ours by up to {apart}")


def peers(row, arrays):
    """Calls by rival, and the reasons of those that cannot be measured."""
    calls, skipped = {}, dict(row["skipped"])
    for name in row["peers"]:
        try:
            call, made = rivals.find(row["id"], name)(row, arrays)
        except rivals.Skip as reason:
            skipped[name] = str(reason)
            continue
        compared(row, name, made(call()), arrays["output"])
        calls[name] = call
    return calls, skipped


def measured(row, workers, rounds, seconds):
    """A row with its times: the least of all rounds, in seconds."""
    used = {"best": workers["best"]}
    if row["family"] not in ONLY_BEST:
        used |= {cap: workers[cap] for cap in CAPS if cap in workers}
    if row["threads"] and "two threads" in workers:
        used["two threads"] = workers["two threads"]
    opened = {name: worker.ask("open", row["id"]) for name, worker in used.items()}
    calls, skipped = {}, dict(row["skipped"])
    if row["peers"]:
        calls, skipped = peers(row, workers["best"].arrays())
    times = {}

    def note(column, found):
        times[column] = min(times.get(column, float("inf")), found)

    gc.disable()
    for _ in range(rounds):
        for column in row["columns"]:
            note(column, workers["best"].ask("time", column, seconds))
        for name, call in calls.items():
            note(name, best(call, seconds))
        for name, worker in used.items():
            if name != "best":
                note(name, worker.ask("time", "ours", seconds))
    gc.enable()
    for worker in used.values():
        worker.ask("close")
    items = opened["best"]["items"] or row["items"]
    kernels = {name: answer["kernel"] for name, answer in opened.items()}
    found = {"items": items, "times": times, "kernels": kernels, "skipped": skipped}
    return {**row, **found, "peak": opened["best"]["peak"]}


def lines(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip()


def crate_versions():
    lock = (ROOT / "Cargo.lock").read_text().split("[[package]]")
    pairs = (part.strip().splitlines()[:2] for part in lock[1:])
    found = {a.split('"')[1]: b.split('"')[1] for a, b in pairs}
    return {name: found[name] for name in CRATES}


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def machine(rounds, seconds, quick):
    import torch

    from rivals import onednn

    changed = lines("git", "status", "--porcelain", "--", "crates", "benches", "Cargo.lock")
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "date": datetime.date.today().isoformat(),
        "commit": lines("git", "rev-parse", "--short=12", "HEAD") + (" with changes" if changed else ""),
        "rustc": lines("rustc", "--version"),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "onednn": {"alone": onednn.NAME, "torch": torch.backends.mkldnn.is_available()},
        "crates": crate_versions(),
        "load": os.getloadavg()[0],
        "rounds": rounds,
        "seconds": seconds,
        "quick": quick,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few rounds; writes no page unless --data")
    parser.add_argument("--only", help="rows whose name fits this pattern, as in `pool/*`; writes no page")
    parser.add_argument("--data", type=Path, help="where to keep what was measured")
    parser.add_argument("--render", type=Path, help="write the page of measurements kept before")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="where the page goes")
    args = parser.parse_args()
    if args.render:
        page.write(json.loads(args.render.read_text()), args.docs)
        return

    import torch

    torch.set_num_threads(1)
    rivals.load()
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    program = target / "release/examples/tables"
    workers = {"best": Worker(program, "best")}
    flags = Path("/proc/cpuinfo").read_text()
    if " avx512f" in flags and " avx2" in flags:
        workers["avx2"] = Worker(program, "avx2")
    workers["portable"] = Worker(program, "portable")
    if os.cpu_count() > 1:
        workers["two threads"] = Worker(program, "best", 2)
    rounds, seconds = (2, 0.01) if args.quick else (5, 0.05)
    rows, began = [], time.time()
    for row in workers["best"].ask("list"):
        if args.only and not fnmatch.fnmatch(row["id"], args.only):
            continue
        rows.append(measured(row, workers, rounds, seconds))
        print(page.line(rows[-1]), flush=True)
    for worker in workers.values():
        worker.end()
    data = {"machine": machine(rounds, seconds, args.quick), "rows": rows}
    data["machine"]["minutes"] = (time.time() - began) / 60
    if args.data:
        args.data.write_text(json.dumps(data, indent=1))
    if not args.only and not args.quick:
        page.write(data, args.docs)


if __name__ == "__main__":
    main()
