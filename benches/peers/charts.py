"""Line charts as SVG, legible in light and dark."""

from math import ceil, floor, log10

COLOURS = {"a": "2563eb 60a5fa", "b": "ea580c fb923c", "c": "16a34a 4ade80"}
COLOURS |= {"d": "9333ea c084fc", "e": "0891b2 22d3ee", "f": "6b7280 9ca3af"}
STYLE = 'text{font:12px "DejaVu Sans",Verdana,Arial,sans-serif;fill:#111827}.bg{fill:#fff}'
STYLE += ".title{font-weight:bold;font-size:13px}.grid{stroke:#e5e7eb}.line{fill:none;stroke-width:2}"
DARK = "text{fill:#e5e7eb}.bg{fill:#0d1117}.grid{stroke:#30363d}"
for name, pair in COLOURS.items():
    light, dark = pair.split()
    STYLE += f".{name}{{stroke:#{light}}}.{name}t{{fill:#{light}}}"
    DARK += f".{name}{{stroke:#{dark}}}.{name}t{{fill:#{dark}}}"

LEFT, TOP, WIDTH, HEIGHT, LEGEND = 64, 40, 430, 260, 170


def decades(least, most):
    return [10.0**n for n in range(floor(log10(least) + 1e-9), ceil(log10(most) - 1e-9) + 1)]


def number(value):
    if value >= 1e4:
        power = round(log10(value))
        return f"1e{power}"
    return f"{value:g}"


def steps(least, most, log):
    if log:
        return decades(least, most)
    wide = most / 6
    unit = 10.0 ** floor(log10(wide))
    step = next(m * unit for m in (1, 2, 5, 10) if m * unit >= wide)
    return [n * step for n in range(ceil(most / step) + 1)]


def chart(title, x_name, y_name, lines, log_x=True, log_y=True):
    """`lines`: name to points. Every point is marked, so that what was measured shows."""
    xs = [x for points in lines.values() for x, _ in points]
    ys = [y for points in lines.values() for _, y in points]
    x_marks, y_marks = steps(min(xs), max(xs), log_x), steps(min(ys), max(ys), log_y)

    def scale(value, marks, log, length):
        if log:
            value, low, high = log10(value), log10(marks[0]), log10(marks[-1])
        else:
            low, high = marks[0], marks[-1]
        return (value - low) / (high - low or 1) * length

    def at(x, y):
        right = LEFT + scale(x, x_marks, log_x, WIDTH)
        return right, TOP + HEIGHT - scale(y, y_marks, log_y, HEIGHT)

    body = [f'<text x="{LEFT}" y="22" class="title">{title}</text>']
    for x in x_marks:
        right, _ = at(x, y_marks[0])
        body.append(f'<line x1="{right:.1f}" y1="{TOP}" x2="{right:.1f}" y2="{TOP + HEIGHT}" class="grid"/>')
        body.append(f'<text x="{right:.1f}" y="{TOP + HEIGHT + 17}" text-anchor="middle">{number(x)}</text>')
    for y in y_marks:
        _, down = at(x_marks[0], y)
        body.append(f'<line x1="{LEFT}" y1="{down:.1f}" x2="{LEFT + WIDTH}" y2="{down:.1f}" class="grid"/>')
        body.append(f'<text x="{LEFT - 6}" y="{down + 4:.1f}" text-anchor="end">{number(y)}</text>')
    for (name, points), colour in zip(lines.items(), COLOURS):
        path = [at(x, y) for x, y in points]
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in path)
        body.append(f'<polyline points="{joined}" class="line {colour}"/>')
        body += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" class="{colour}t"/>' for x, y in path]
    # The legend in the order in which the lines end, so that the eye goes straight across.
    ends = sorted(zip(lines, COLOURS), key=lambda pair: -lines[pair[0]][-1][1])
    for row, (name, colour) in enumerate(ends):
        down = TOP + 12 + 20 * row
        right = LEFT + WIDTH + 16
        body.append(f'<line x1="{right}" y1="{down - 4}" x2="{right + 18}" y2="{down - 4}" class="line {colour}"/>')
        body.append(f'<text x="{right + 24}" y="{down}">{name}</text>')
    middle = TOP + HEIGHT / 2
    body.append(f'<text x="{LEFT + WIDTH / 2}" y="{TOP + HEIGHT + 36}" text-anchor="middle">{x_name}</text>')
    turned = f'transform="rotate(-90 16 {middle})" text-anchor="middle"'
    body.append(f'<text x="16" y="{middle}" {turned}>{y_name}</text>')
    width, height = LEFT + WIDTH + LEGEND, TOP + HEIGHT + 50
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img">\n<title>{title}</title>\n<style>{STYLE}\n'
        f"@media (prefers-color-scheme:dark){{{DARK}}}</style>\n"
        f'<rect width="{width}" height="{height}" rx="8" class="bg"/>\n' + "\n".join(body) + "\n</svg>\n"
    )
