"""Plots as SVG text: strips of values, bars in time, and curves. No library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 860
_LEFT, _RIGHT, _ROW = 150, 70, 34
_COLOURS = {
    "ours": "#2563eb",
    "livekit-agents": "#d97706",
    "pipecat": "#6b7280",
    "stock": "#6b7280",
    "runner": "#2563eb",
    "worker": "#d97706",
}
_STAGES = {
    "speech-to-text": "#94a3b8",
    "language model": "#60a5fa",
    "sentence": "#a78bfa",
    "text-to-speech": "#34d399",
    "heard": "#ef4444",
}


@dataclass(frozen=True)
class Bar:
    """One stretch of a waterfall, in ms."""

    stage: str
    start_ms: float
    end_ms: float


@dataclass(frozen=True)
class _Axis:
    y: int
    low: float
    high: float
    unit: str


def strips(values: Mapping[str, Sequence[float]], *, unit: str = "ms") -> str:
    """Return one row of dots for each subject, with its median."""
    top = max((max(row) for row in values.values() if row), default=1.0) * 1.05
    parts: list[str] = []
    for number, (name, row) in enumerate(values.items()):
        y = 20 + number * _ROW
        colour = _COLOURS.get(name, "#111")
        parts.append(_label(name, y))
        # Alternating heights keep equal values apart.
        parts += [
            f'<circle cx="{_x(value, 0, top):.1f}" cy="{y - 6 + index % 5 * 3}" r="2.5"'
            f' fill="{colour}" fill-opacity=".45"/>'
            for index, value in enumerate(row)
        ]
        if row:
            median = sorted(row)[len(row) // 2]
            x = _x(median, 0, top)
            parts.append(f'<path d="M{x:.1f} {y - 13}v26" stroke="{colour}" stroke-width="3"/>')
            parts.append(f'<text x="{x + 6:.1f}" y="{y - 8}">{median:.0f}</text>')
    return _framed(parts, _Axis(20 + len(values) * _ROW, 0.0, top, unit))


def waterfall(rows: Mapping[str, Sequence[Bar]]) -> str:
    """Return one row of bars for each subject; time zero is the caller's last sample."""
    bars = [bar for row in rows.values() for bar in row]
    low = min((bar.start_ms for bar in bars), default=0.0)
    high = max((bar.end_ms for bar in bars), default=1.0) * 1.05
    parts: list[str] = []
    for number, (name, row) in enumerate(rows.items()):
        y = 20 + number * _ROW
        parts.append(_label(name, y))
        for index, bar in enumerate(row):
            x, end = _x(bar.start_ms, low, high), _x(bar.end_ms, low, high)
            parts.append(
                f'<rect x="{x:.1f}" y="{y - 12 + index * 5}" width="{max(2.0, end - x):.1f}"'
                f' height="5" fill="{_STAGES[bar.stage]}"><title>{bar.stage}'
                f" {bar.start_ms:.0f} to {bar.end_ms:.0f} ms</title></rect>"
            )
    legend = " ".join(
        f'<tspan fill="{colour}">■</tspan> {escape(stage)}' for stage, colour in _STAGES.items()
    )
    y = 20 + len(rows) * _ROW + 34
    parts.append(f'<text x="{_LEFT}" y="{y}">{legend}</text>')
    return _framed(parts, _Axis(20 + len(rows) * _ROW, low, high, "ms"), below=24)


def curves(lines: Mapping[str, Sequence[tuple[float, float]]], *, x_unit: str, y_unit: str) -> str:
    """Return falling step lines of (x, y) points, best to the lower left."""
    points = [point for line in lines.values() for point in line]
    right = max((x for x, _ in points), default=1.0)
    top = max((y for _, y in points), default=1.0) * 1.05
    height = 300
    parts = [f'<text x="4" y="20">{escape(y_unit)}</text>']
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = 20 + height * (1 - share)
        parts.append(f'<path d="M{_LEFT} {y}H{WIDTH - _RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 40}" y="{y + 4}">{top * share:.0f}</text>')
    for number, (name, line) in enumerate(lines.items()):
        path = " ".join(
            f"{'ML'[index > 0]}{_x(x, 0, right):.1f} {20 + height * (1 - y / top):.1f}"
            for index, (x, y) in enumerate(line)
        )
        colour = _COLOURS.get(name, "#111")
        parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(
            f'<text x="{WIDTH - 120}" y="{40 + 18 * number}" fill="{colour}">{name}</text>'
        )
    return _framed(parts, _Axis(20 + height, 0.0, right, x_unit))


def _x(value: float, low: float, high: float) -> float:
    return _LEFT + (value - low) / max(high - low, 1e-9) * (WIDTH - _LEFT - _RIGHT)


def _label(name: str, y: float) -> str:
    return f'<text x="4" y="{y + 4}">{escape(name)}</text>'


def _framed(parts: Sequence[str], axis: _Axis, *, below: int = 0) -> str:
    """Return the picture with its axis; `below` pixels are left free under it."""
    ticks = [axis.low + (axis.high - axis.low) * share for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    words = "".join(
        f'<text x="{_x(tick, axis.low, axis.high):.1f}" y="{axis.y + 16}" text-anchor="middle">'
        f"{tick:.0f} {escape(axis.unit)}</text>"
        for tick in ticks
    )
    size = f'viewBox="0 0 {WIDTH} {axis.y + 24 + below}" width="{WIDTH}"'
    return f'<svg {size} role="img">{"".join(parts)}{words}</svg>'
