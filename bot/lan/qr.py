"""A QR code (ISO/IEC 18004): bytes, level L, as a terminal or a page shows it.

Versions 1 to 9 hold 230 bytes, which is more than any link of ours.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.lan.qr_drawing import Matrix, drawn

_QUIET = 4
"""Light modules that a reader needs around it."""
# By version: bytes of data, and of correction in each block, and blocks.
_CAPACITY = (
    *((19, 7, 1), (34, 10, 1), (55, 15, 1), (80, 20, 1), (108, 26, 1)),
    *((136, 18, 2), (156, 20, 2), (194, 24, 2), (232, 30, 2)),
)
_PADDING = (0xEC, 0x11)


def qr_code(text: str) -> Matrix:
    """Return the code of a text, in the smallest version that holds it.

    Raises:
        ValueError: it is too long.
    """
    data = text.encode()
    for version, (data_bytes, _, _) in enumerate(_CAPACITY, start=1):
        # 4 bits say that bytes follow, 8 how many.
        if len(data) + 2 <= data_bytes:
            return drawn(version, _codewords(data, version))
    raise ValueError("this is too long for a QR code of ours")


def qr_text(text: str) -> str:
    """Return the code for a terminal that writes light on dark: two rows of it in each line."""
    rows = _with_quiet(qr_code(text))
    rows += [[False] * len(rows[0])] * (len(rows) % 2)
    signs = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return "\n".join(
        "".join(signs[both] for both in zip(upper, lower, strict=True)) for upper, lower in pairs
    )


def qr_svg(text: str) -> str:
    """Return the code as a drawing for a page."""
    rows = _with_quiet(qr_code(text))
    size = len(rows)
    dark = "".join(
        f"M{column} {row}h1v1h-1z"
        for row, modules in enumerate(rows)
        for column, is_dark in enumerate(modules)
        if is_dark
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" '
        f'shape-rendering="crispEdges" role="img" aria-label="QR code">'
        f'<rect width="{size}" height="{size}" fill="#fff"/><path d="{dark}"/></svg>'
    )


def _with_quiet(modules: Matrix) -> Matrix:
    width = len(modules) + 2 * _QUIET
    edge = [[False] * width for _ in range(_QUIET)]
    middle = [[False] * _QUIET + row + [False] * _QUIET for row in modules]
    return [*edge, *middle, *edge]


def _codewords(data: bytes, version: int) -> bytes:
    """Return data and correction in the order in which they are drawn."""
    data_bytes, correction_bytes, blocks = _CAPACITY[version - 1]
    bits = 0b0100 << 8 | len(data)
    for byte in data:
        bits = bits << 8 | byte
    packed = (bits << 4).to_bytes(len(data) + 2, "big")
    padding = bytes(_PADDING[index % 2] for index in range(data_bytes - len(packed)))
    whole, size = packed + padding, data_bytes // blocks
    parts = [whole[index * size : (index + 1) * size] for index in range(blocks)]
    corrections = [_correction(part, correction_bytes) for part in parts]
    return bytes(_interleaved(parts)) + bytes(_interleaved(corrections))


def _interleaved(parts: list[bytes]) -> Iterator[int]:
    for column in zip(*parts, strict=True):
        yield from column


def _times(left: int, right: int) -> int:
    """Multiply in GF(256) with the polynomial 0x11D."""
    product = 0
    for bit in range(7, -1, -1):
        product = product << 1 ^ (product >> 7) * 0x11D ^ (right >> bit & 1) * left
    return product


def _correction(data: bytes, count: int) -> bytes:
    """Return the Reed-Solomon code of a block."""
    divisor, root = [0] * (count - 1) + [1], 1
    for _ in range(count):
        divisor = [
            _times(one, root) ^ following
            for one, following in zip(divisor, [*divisor[1:], 0], strict=True)
        ]
        root = _times(root, 2)
    rest = [0] * count
    for byte in data:
        factor = byte ^ rest[0]
        rest = [
            one ^ _times(part, factor) for one, part in zip([*rest[1:], 0], divisor, strict=True)
        ]
    return bytes(rest)
