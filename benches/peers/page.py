"""The page of measurements: tables in Markdown, charts in SVG."""

from charts import chart

ISAS = {"best": "best", "avx2": "AVX2", "portable": "portable"}

TITLES = {
    "limits": "What the machine can do",
    "views": "Windows of arrays",
    "patches": "Patches",
    "pool": "Pooling",
    "resnet": "Convolution: ResNet-50",
    "depthwise": "Convolution: depthwise layers of MobileNet v2",
    "im2col": "im2col",
    "audio": "Audio",
    "text": "Text",
    "curve": "Cost of a sliding maximum against the size of its window",
    "growth": "Time and memory against size",
    "kinds": "Every kind, every type",
}


def seconds(value):
    for unit, factor in (("s", 1), ("ms", 1e3), ("us", 1e6)):
        if value * factor >= 1:
            return f"{value * factor:.3g} {unit}" if value * factor < 1000 else f"{value * factor:.0f} {unit}"
    return f"{value * 1e9:.3g} ns"


def ratio(value):
    # A third digit where the second would hide on which side of one it is.
    digits = 3 if f"{value:.2f}" == "1.00" else 2
    return f"{value:.{digits}f}" if value < 10 else f"{value:.3g}"


def column(row, name):
    """Time of a column: of ours by cap, or of a rival."""
    return row["times"].get("ours" if name == "best" else name)


def per_item(row):
    return any(target["kind"] == "seconds" for target in row["targets"]) and row["items"] > 1


def shown(row, value):
    if value is None:
        return ""
    if any(target["kind"] == "rate" for target in row["targets"]):
        return f"{row['items'] / value / 1e6:.0f} MB/s"
    return seconds(value / row["items"]) if per_item(row) else seconds(value)


def judged(row):
    """Each target: what it says, what was reached, whether that is enough."""
    ours = row["times"]["ours"]
    for target in row["targets"]:
        kind, value, than = target["kind"], target["value"], target.get("than")
        if kind in ("faster", "within", "threads"):
            theirs = ours if kind == "threads" else row["times"].get(than)
            mine = row["times"].get("two threads") if kind == "threads" else ours
            if theirs is None or mine is None:
                yield f"{than or 'two threads'}: not measured", None, None
                continue
            if kind == "within":
                yield f"<= {value:g} x {than}", mine / theirs, mine / theirs <= value
            else:
                what = "two threads >= {:g} x one" if kind == "threads" else ">= {:g} x " + str(than)
                yield what.format(value), theirs / mine, theirs / mine >= value
        elif kind == "seconds":
            each = "" if row["items"] == 1 else f" a {row['item']}"
            yield f"<= {seconds(value)}{each}", ours / row["items"] / value, ours / row["items"] <= value
        else:
            yield f">= {value / 1e6:g} MB/s", row["items"] / ours / value, row["items"] / ours >= value


def verdicts(row):
    parts = []
    for what, reached, met in judged(row):
        if met is None:
            parts.append(f"{what}")
        else:
            parts.append(f"{what}: {'met' if met else '**missed**'}, {ratio(reached)}")
    return "<br>".join(parts)


def rivals_of(row):
    ours = row["times"]["ours"]
    names = [*row["columns"][1:], *row["peers"]]
    parts = [
        f"{name} {shown(row, row['times'][name])} ({ratio(row['times'][name] / ours)})"
        for name in names
        if name in row["times"]
    ]
    return "<br>".join(parts)


def skipped(rows):
    found = {}
    for row in rows:
        for rival, reason in row["skipped"].items():
            found.setdefault((rival, reason), []).append(row["id"])
    return "".join(f"\nSKIPPED {rival}: {reason}.\n" for rival, reason in found)


def line(row):
    """A row for the terminal."""
    times = ", ".join(f"{name} {seconds(value)}" for name, value in row["times"].items())
    marks = "".join(f" [{w}: {r if r is None else ratio(r)}]" for w, r, met in judged(row) if not met)
    return f"{row['id']}: {times} ({row['kernels']['best']}){' MISSED' + marks if marks else ''}"


def table(heads, body):
    rule = ["---"] + ["---"] * (len(heads) - 1)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [heads, rule, *body]) + "\n"


def plain(rows):
    """The usual table of a family."""
    caps = [cap for cap in ISAS if any(column(row, cap) for row in rows)]
    two = any("two threads" in row["times"] for row in rows)
    heads = ["work", *(f"ours, {ISAS[cap]}" for cap in caps), *(["two threads"] if two else [])]
    heads += ["rivals (their time / ours)", "target: ratio reached", "kernel"]
    body = []
    for row in rows:
        unit = f", each {row['item']}" if per_item(row) else ""
        cells = [row["work"] + unit, *(shown(row, column(row, cap)) for cap in caps)]
        if two:
            double = row["times"].get("two threads")
            cells.append(f"{shown(row, double)} ({ratio(row['times']['ours'] / double)})" if double else "")
        body.append([*cells, rivals_of(row), verdicts(row), row["kernels"]["best"]])
    return table(heads, body) + skipped(rows)


def limits(rows):
    body = []
    for row in rows:
        for cap in ("best", "avx2"):
            value = column(row, cap)
            if value is None or (cap == "avx2" and "copy" in row["id"]):
                continue
            rate = row["items"] / value / 1e9
            unit = "Gflop/s" if row["item"] == "flop" else "GB/s copied, as many read as written"
            name = f"{row['work']}, {row['kernels'][cap]}" if row["item"] == "flop" else row["work"]
            body.append([name, f"{rate:.0f} {unit}"])
    return table(["limit", "measured"], body)


def peak_flops(data):
    (row,) = (row for row in data["rows"] if row["id"] == "limits/fma")
    return {cap: row["items"] / column(row, cap) for cap in ("best", "avx2") if column(row, cap)}


def total(rows, name):
    times = [column(row, name) for row in rows]
    return None if None in times else sum(time * row["weight"] for time, row in zip(times, rows))


def network(rows, data):
    """All layers, the whole network, and its targets."""
    names = [cap for cap in (*ISAS, "two threads") if column(rows[0], cap)]
    names += [*rows[0]["columns"][1:], *rows[0]["peers"]]
    peak = peak_flops(data)
    heads = ["layer", "times", *(ISAS.get(n, n) for n in names), "of FMA peak", "kernel"]
    body = []
    for row in rows:
        ours = row["times"]["ours"]
        cells = [row["work"], f"{row['weight']:g}"]
        cells += [seconds(column(row, name)) for name in names]
        cells += [f"{row['items'] / ours / peak['best']:.0%}", row["kernels"]["best"]]
        body.append(cells)
    sums = {name: total(rows, name) for name in names}
    flops = sum(row["items"] * row["weight"] for row in rows)
    body.append(
        ["**all**", "", *(f"**{seconds(sums[n])}**" for n in names)]
        + [f"**{flops / sums['best'] / peak['best']:.0%}**", ""]
    )
    share = [f"{flops / sums[n] / peak['avx2' if n == 'avx2' else 'best']:.0%}" for n in names]
    double = sums.get("two threads")
    if double:  # two peaks
        share[names.index("two threads")] = f"{flops / double / peak['best'] / 2:.0%}"
    body.append(["of FMA peak", "", *share, "", ""])
    body.append(["their time / ours", "", *(ratio(sums[n] / sums["best"]) for n in names), "", ""])
    text = table(heads, body)
    for row in wholes(rows):
        text += f"\n{row['work']}:\n\n" + verdicts(row).replace("<br>", "  \n") + "\n"
    return text + skipped(rows)


def wholes(rows):
    """A network as one row: its sums are held against the targets, not each layer. And as another one, by the method
    that is asked for by name, with one thread."""
    names = [name for name in rows[0]["times"]]
    times = {name: sum(row["times"][name] * row["weight"] for row in rows) for name in names}
    work = "all layers of ResNet-50"
    yield {**rows[0], "id": "resnet/all", "work": work, "times": times}
    times = {**times, "ours": times["ours, Winograd"]}
    targets = [target for target in rows[0]["targets"] if target["kind"] != "threads"]
    work += ", by Winograd's method where it applies"
    yield {**rows[0], "id": "resnet/winograd", "work": work, "times": times, "targets": targets}


def curve(rows, charts):
    lines = {}
    for row in rows:
        notes, ours = row["notes"], row["times"]["ours"]
        lines.setdefault(notes["dtype"], []).append((notes["size"], ours * 1e3))
        if "OpenCV" in row["times"]:
            lines.setdefault("OpenCV, u8", []).append((notes["size"], row["times"]["OpenCV"] * 1e3))
    # f64 takes twice as long as f32: drawn, it would press the lines that cross into a corner.
    drawn = {name: points for name, points in lines.items() if name != "f64"}
    charts["sliding-max"] = chart(
        "Sliding maximum of k x k, 1080p, one thread", "k", "ms", drawn, log_x=False, log_y=False
    )
    types = [name for name in lines if not name.startswith("OpenCV")]
    heads = ["k", *types, "OpenCV, u8"]
    body = []
    for at, (size, _) in enumerate(lines[types[0]]):
        body.append([str(size), *(seconds(lines[name][at][1] / 1e3) for name in heads[1:])])
    # From where windows are large.
    sizes = [size for size, _ in lines[types[0]]]
    first, last = 15, sizes[-1]
    at = sizes.index(first)
    flat = ", ".join(f"{n} {ratio(lines[n][-1][1] / lines[n][at][1])}" for n in types)
    return (
        "![Milliseconds of a sliding maximum by window size and type](figures/sliding-max.svg)\n\n"
        "f64 is in the table only.\n\n"
        + table(heads, body)
        + f"\nThe time at k = {last} over that at k = {first}, at most 1.5 where it is flat: {flat}.\n"
    )


def bytes_of(value):
    for unit, factor in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if value >= factor:
            return f"{value / factor:.3g} {unit}"
    return f"{value} B"


def growth(rows, charts):
    works = {}
    for row in rows:
        works.setdefault(row["notes"]["work"], []).append(row)
    each = {
        name: [(r["notes"]["elements"], r["times"]["ours"] / r["items"] * 1e9) for r in found]
        for name, found in works.items()
    }
    memory = {
        name: [(r["notes"]["elements"], max(r["peak"], 1)) for r in found] for name, found in works.items()
    }
    charts["growth-time"] = chart("Time an element, one thread", "elements", "ns", each)
    charts["growth-memory"] = chart(
        "Peak memory beside input and output", "elements", "bytes (1 stands for none)", memory
    )
    heads = ["work", "elements", "time", "an element", "memory beside input and output", "two threads"]
    body = []
    for found in works.values():
        for row in found:
            double = row["times"].get("two threads")
            ours = row["times"]["ours"]
            cells = [row["work"], f"{row['notes']['elements']:.0e}", seconds(ours)]
            cells += [seconds(ours / row["items"]), bytes_of(row["peak"])]
            body.append([*cells, f"{ratio(ours / double)} x" if double else ""])
    return (
        "![Time an element against the number of elements](figures/growth-time.svg)\n\n"
        "![Peak memory against the number of elements](figures/growth-memory.svg)\n\n"
        "Memory is what plan and scratch allocate at most at a time; input and output are the caller's.\n\n"
        + table(heads, body)
    )


def kinds(rows):
    caps = [cap for cap in ISAS if column(rows[0], cap)]
    heads = ["work", *(f"ours, {ISAS[cap]}" for cap in caps), "the definition", "kernel"]
    body = []
    for row in rows:
        ours, slow = row["times"]["ours"], row["times"]["definition"]
        kernel = row["kernels"]["best"]
        kernel = f"**{kernel} code**" if kernel in ("scalar", "reference") else kernel
        cells = [row["work"], *(seconds(column(row, cap)) for cap in caps)]
        body.append([*cells, f"{seconds(slow)} ({ratio(slow / ours)})", kernel])
    return (
        "The definition is the plain loop that defines the result, `Pool::scalar` and `PlanOptions::reference`; "
        "results are compared with it first.\n\n" + table(heads, body)
    )


def missed(data):
    """Every target of every row, those of a network for the whole of it."""
    rows = [row for row in data["rows"] if row["family"] != "resnet"]
    layers = [row for row in data["rows"] if row["family"] == "resnet"]
    every = [(row, *verdict) for row in [*rows, *wholes(layers)] for verdict in judged(row)]
    misses = [(row, what, reached) for row, what, reached, met in every if met is False]
    met = sum(1 for *_, verdict in every if verdict)
    text = f"{met} of {len(every)} targets are met."
    if misses:
        text += " Missed:\n\n"
        text += table(
            ["work", "target", "reached"],
            [[row["work"], what, ratio(reached)] for row, what, reached in misses],
        )
    return text + "\n"


def head(data):
    m = data["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in m["packages"].items())
    crates = ", ".join(f"{name} {version}" for name, version in m["crates"].items())
    best = next(row for row in data["rows"] if row["id"] == "limits/fma")["kernels"]["best"]
    return f"""# Benchmarks

Written by `scripts/benchmarks`; no number on this page was typed. It measures on the machine where it runs:

| | |
| --- | --- |
| processor | {m['processor']}, {m['cores']} cores, {m['system']}; best instruction set: {best} |
| date, commit | {m['date']}, `{m['commit']}` |
| ours built by | {m['rustc']}, release profile, no flags for this processor |
| Rust rivals | {crates} |
| Python {m['python']} | {packages} |
| oneDNN | {m['onednn']['alone']} with OpenMP (PyPI `onednn-cpu-gomp`), called through its C interface: "nchw" and "nhwc" have inputs and outputs in that order, "own layout" in whatever order it asks for, inputs and weights reordered before the clock starts; torch has a oneDNN of its own |
| run | {m['rounds']} rounds of at least {m['seconds']} s a column, {m['minutes']:.0f} minutes, load {m['load']:.1f} at its end |

Ours and the rivals take turns: a round has each of them once, and the shortest call of all rounds counts. They get the
same inputs, and their results are compared before anything is timed. One thread, unless a column says two; a number
in brackets is a ratio of times in this run, above one where ours is faster. "best", "AVX2" and "portable" are the same
program with its instructions capped by `WINDOWS_ISA`; rivals are not capped. Targets were set before the code was
written, for the best instruction set; a miss is shown as one.

"""


def write(data, docs):
    """Writes `benchmarks.md` and its charts."""
    charts, families = {}, {}
    for row in data["rows"]:
        families.setdefault(row["family"], []).append(row)
    special = {
        "limits": limits,
        "resnet": lambda rows: network(rows, data),
        "curve": lambda rows: curve(rows, charts),
        "growth": lambda rows: growth(rows, charts),
        "kinds": kinds,
    }
    text = head(data) + "## Targets\n\n" + missed(data)
    for family, rows in families.items():
        text += f"\n## {TITLES[family]}\n\n" + special.get(family, plain)(rows)
    (docs / "benchmarks.md").write_text(text)
    for name, svg in charts.items():
        (docs / "figures" / f"{name}.svg").write_text(svg)
