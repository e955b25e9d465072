"""Writes what libsndfile reads from recordings of every layout: wav.json.

    pip install soundfile==0.14.0 numpy==2.4.6 && python generate.py

Each case is a file, in hexadecimal, and its values, frame by frame, as text; no values where libsndfile refuses the
file. The versions in use are written along.
"""

import io
import json
import struct
from pathlib import Path

import numpy as np
import soundfile

GUID = bytes.fromhex("000000001000800000aa00389b71")
cases = []


def fmt(tag, channels, block, bits, more=b"", rate=8000, e="<"):
    body = struct.pack(e + "HHIIHH", tag, channels, rate, rate * block, block, bits) + more
    return chunk(b"fmt ", body, e=e)


def extension(valid, tag, e="<", guid=GUID):
    return struct.pack(e + "HHIH", 22, valid, 0, tag) + guid


def chunk(name, body, size=None, pad=True, e="<"):
    size = len(body) if size is None else size
    return name + struct.pack(e + "I", size) + body + (b"\0" if pad and len(body) % 2 else b"")


def riff(*chunks, magic=b"RIFF", size=None, e="<"):
    body = b"WAVE" + b"".join(chunks)
    return magic + struct.pack(e + "I", len(body) if size is None else size) + body


def record(name, data):
    case = {"name": name, "file": data.hex()}
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as sound:
            values = sound.read(dtype="float64", always_2d=True)
            case |= {"rate": sound.samplerate, "channels": sound.channels, "values": [repr(float(x)) for x in values.ravel()]}
    except soundfile.LibsndfileError as reason:
        case["refused"] = str(reason.error_string)
    cases.append(case)


bytes32 = struct.pack("<6i", 0x40000000, -0x40000000, 0x00400000, 1 << 8, -(1 << 31), (1 << 31) - 1)
int16 = struct.pack("<6h", 0x4000, -0x8000, 1, -1, 0x7FFF, 16)
int24 = b"\0\0\x40" b"\1\0\0" b"\xff\xff\xff" b"\0\0\x80" b"\xff\xff\x7f" b"\x10\0\0"
int8 = b"\0\x80\xff\x40\x81\x7f"
float32 = struct.pack("<6f", 0.5, -1.5, 0.1, 1e-30, -0.0, 1)
float64 = struct.pack("<6d", 0.5, -1.5, 0.1, 1e-300, -0.0, 1)
every = bytes(range(256))
ds64 = chunk(b"ds64", struct.pack("<QQQI", 100, 12, 6, 0))
plain, data = fmt(1, 1, 2, 16), chunk(b"data", int16)

# integers of every number of bits, in containers of as many bytes as they need, of one channel to six
for bits in range(0, 66):
    content = {1: int8, 2: int16, 3: int24, 4: bytes32}.get((bits + 7) // 8, bytes32)
    block = max((bits + 7) // 8, 1)
    record(f"integers of {bits} bits", riff(fmt(1, 1, block, bits), chunk(b"data", content)))
    record(f"extensible, {bits} valid bits of whole bytes",
           riff(fmt(0xFFFE, 1, block, 8 * block, extension(bits, 1)), chunk(b"data", content)))
    record(f"extensible, {bits} valid bits of 32", riff(fmt(0xFFFE, 1, 4, 32, extension(bits, 1)), chunk(b"data", bytes32)))
for channels in [2, 3, 6]:
    record(f"{channels} channels of 16 bits", riff(fmt(1, channels, 2 * channels, 16), data))
    record(f"{channels} channels of 24 bits", riff(fmt(1, channels, 3 * channels, 24), chunk(b"data", int24)))
record("extensible, 24 bits in blocks of 4", riff(fmt(0xFFFE, 1, 4, 24, extension(24, 1)), chunk(b"data", bytes32)))
record("24 bits in blocks of 4", riff(fmt(1, 1, 4, 24), chunk(b"data", bytes32)))
record("24 bits in blocks of 4, 2 channels", riff(fmt(1, 2, 8, 24), chunk(b"data", bytes32)))
for block in [0, 1, 3, 4]:
    record(f"16 bits in blocks of {block}", riff(fmt(1, 1, block, 16), data))

# floats and laws, plain and extensible
for bits, content in [(16, int16), (24, int24), (32, float32), (64, float64)]:
    record(f"floats of {bits} bits", riff(fmt(3, 1, bits // 8, bits), chunk(b"data", content)))
    record(f"extensible floats of {bits} bits", riff(fmt(0xFFFE, 1, bits // 8, bits, extension(bits, 3)), chunk(b"data", content)))
for name, tag in [("A-law", 6), ("mu-law", 7)]:
    record(name, riff(fmt(tag, 1, 1, 8, b"\0\0"), chunk(b"data", every)))
    record(f"{name}, extensible", riff(fmt(0xFFFE, 1, 1, 8, extension(8, tag)), chunk(b"data", every)))
    record(f"{name} of 16 bits", riff(fmt(tag, 1, 2, 16), data))
for tag in [0, 2, 0x11, 0x14, 0x22, 0x31, 0x55, 0x64, 0x1234]:
    record(f"format {tag:#06x}", riff(fmt(tag, 1, 2, 4, b"\0\0"), data))

# containers
swapped = int16[1::-1] + int16[3:1:-1] + int16[5:3:-1] + int16[7:5:-1] + int16[9:7:-1] + int16[11:9:-1]
big = {"magic": b"RIFX", "e": ">"}
record("big-endian", riff(fmt(1, 1, 2, 16, e=">"), chunk(b"data", swapped, e=">"), **big))
record("big-endian floats", riff(fmt(3, 1, 4, 32, e=">"), chunk(b"data", struct.pack(">2f", 0.1, -3), e=">"), **big))
record("big-endian, extensible", riff(fmt(0xFFFE, 1, 2, 16, extension(16, 1, ">"), e=">"), chunk(b"data", swapped, e=">"), **big))
for size, name in [(0xFFFFFFFF, "64-bit sizes"), (12, "64-bit sizes beside a real one")]:
    long = {"magic": b"RF64", "size": 0xFFFFFFFF}
    record(name, riff(ds64, plain, chunk(b"data", int16, size=size), **long))
    record(f"{name}, and a chunk behind", riff(ds64, plain, chunk(b"data", int16, size=size), chunk(b"LIST", b"INFO"), **long))
record("BW64", riff(ds64, plain, chunk(b"data", int16, size=0xFFFFFFFF), magic=b"BW64", size=0xFFFFFFFF))
record("not WAVE", riff(plain, data).replace(b"WAVE", b"AVI "))
for size in [0, 0xFFFFFFFF, 7]:
    record(f"a RIFF size of {size}", riff(plain, data, size=size))

# chunks
record("plain", riff(plain, data))
for body in [b"", b"a", b"abc", b"INFOabc", b"abcd"]:
    for name in [b"LIST", b"JUNK", b"fact", b"bext", b"xyz "]:
        text = f"{name.decode().strip()} of {len(body)} bytes"
        record(f"{text} before the data", riff(plain, chunk(name, body), data))
        record(f"{text} before the format", riff(chunk(name, body), plain, data))
        record(f"{text} behind the data", riff(plain, data, chunk(name, body)))
record("an odd chunk without its pad byte", riff(plain, chunk(b"note", b"abc", pad=False), data))
record("odd data, and a chunk behind", riff(fmt(1, 1, 1, 8), chunk(b"data", int8[:3]), chunk(b"LIST", b"INFO")))
record("odd data without its pad byte", riff(fmt(1, 1, 1, 8), chunk(b"data", int8[:3], pad=False)))
record("no chunks behind the data", riff(plain, data) + b"garbage")
record("data before the format", riff(data, plain))
record("two data chunks", riff(plain, data, data))
record("two formats", riff(plain, fmt(1, 2, 4, 16), data))
record("no data", riff(plain))
record("no format", riff(chunk(b"LIST", b"INFO")))
record("a format of 14 bytes", riff(chunk(b"fmt ", plain[8:22]), data))
for more in [b"\0\0", b"\2\0ab", b"\4\0abcd"]:
    record(f"a format of {16 + len(more)} bytes", riff(fmt(1, 1, 2, 16, more), data))
record("an extensible format of 16 bytes", riff(fmt(0xFFFE, 1, 2, 16), data))
record("an unknown extension", riff(fmt(0xFFFE, 1, 2, 16, extension(16, 1, guid=GUID[::-1])), data))
record("no samples a second", riff(fmt(1, 1, 2, 16, rate=0), data))
record("no channels", riff(fmt(1, 0, 2, 16), data))

# sizes of the data
record("a size of 0", riff(plain, chunk(b"data", int16, size=0)))
record("a size of 2^32 - 1", riff(plain, chunk(b"data", int16, size=0xFFFFFFFF)))
record("no samples", riff(plain, chunk(b"data", b"")))
record("no samples, and a chunk behind", riff(plain, chunk(b"data", b""), chunk(b"LIST", b"INFO")))
record("more claimed than held", riff(plain, chunk(b"data", int16, size=100)))
record("part of a sample", riff(plain, chunk(b"data", int16[:7])))
record("part of a sample of all channels", riff(fmt(1, 2, 4, 16), chunk(b"data", int16[:6])))

versions = {"soundfile": soundfile.__version__, "libsndfile": soundfile.__libsndfile_version__, "numpy": np.__version__}
lines = ",\n".join(json.dumps(case) for case in cases)
Path(__file__).with_name("wav.json").write_text(f'{{"versions": {json.dumps(versions)}, "cases": [\n{lines}\n]}}\n')
