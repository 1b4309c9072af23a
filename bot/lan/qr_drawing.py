"""Where the modules of a QR code go: the fixed patterns, the data's path, and the mask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import TypeAlias

Matrix: TypeAlias = list[list[bool]]
"""Rows of modules; True is dark."""

_ALIGNMENT = (
    (),
    (6, 18),
    (6, 22),
    (6, 26),
    (6, 30),
    (6, 34),
    (6, 22, 38),
    (6, 24, 42),
    (6, 26, 46),
)
_MASKS: tuple[Callable[[int, int], int], ...] = (
    lambda row, column: (row + column) % 2,
    lambda row, column: row % 2,
    lambda row, column: column % 3,
    lambda row, column: (row + column) % 3,
    lambda row, column: (row // 2 + column // 3) % 2,
    lambda row, column: row * column % 2 + row * column % 3,
    lambda row, column: (row * column % 2 + row * column % 3) % 2,
    lambda row, column: ((row + column) % 2 + row * column % 3) % 2,
)
_LEVEL_L = 0b01
_FINDER_LIKE = (
    [True, False, True, True, True, False, True, False, False, False, False],
    [False, False, False, False, True, False, True, True, True, False, True],
)


class _Drawing:
    """One code before its mask.

    Args:
        version: Of its size.
    """

    def __init__(self, version: int) -> None:
        self.version = version
        self.size = 17 + 4 * version
        self.modules: Matrix = [[False] * self.size for _ in range(self.size)]
        self.is_fixed: Matrix = [[False] * self.size for _ in range(self.size)]
        self._draw_fixed()

    def set(self, row: int, column: int, is_dark: bool) -> None:
        self.modules[row][column], self.is_fixed[row][column] = is_dark, True

    def draw_format(self, mask: int) -> None:
        """Draw which mask it is, twice."""
        data = _LEVEL_L << 3 | mask
        bits = (data << 10 | _rest(data, 10, 0x537)) ^ 0x5412
        for index in range(15):
            is_dark = bool(bits >> index & 1)
            first = (*range(6), 7, 8, *(8,) * 7)[index], (*(8,) * 8, 7, *range(5, -1, -1))[index]
            self.set(*first, is_dark)
            second = (8, self.size - 1 - index) if index < 8 else (self.size - 15 + index, 8)
            self.set(*second, is_dark)
        self.set(self.size - 8, 8, True)

    def path(self) -> Iterator[tuple[int, int]]:
        """Yield the places of data, from the lower right corner in columns of two."""
        upwards = True
        for right in (*range(self.size - 1, 6, -2), 5, 3, 1):
            for row in reversed(range(self.size)) if upwards else range(self.size):
                yield from ((row, c) for c in (right, right - 1) if not self.is_fixed[row][c])
            upwards = not upwards

    def _draw_fixed(self) -> None:
        for index in range(self.size):
            self.set(6, index, index % 2 == 0)
            self.set(index, 6, index % 2 == 0)
        for row, column in ((3, 3), (3, self.size - 4), (self.size - 4, 3)):
            self._draw_rings(row, column, reach=4, light=(2, 4))
        centres = _ALIGNMENT[self.version - 1]
        for row in centres:
            for column in centres:
                if self._is_free(row, column):
                    self._draw_rings(row, column, reach=2, light=(1,))
        self.draw_format(0)
        if self.version >= 7:
            bits = self.version << 12 | _rest(self.version, 12, 0x1F25)
            for index in range(18):
                far, near = self.size - 11 + index % 3, index // 3
                self.set(far, near, bool(bits >> index & 1))
                self.set(near, far, bool(bits >> index & 1))

    def _is_free(self, row: int, column: int) -> bool:
        """Tell whether no finder pattern is there."""
        last = self.size - 7
        return (row, column) not in ((6, 6), (6, last), (last, 6))

    def _draw_rings(self, row: int, column: int, *, reach: int, light: tuple[int, ...]) -> None:
        for down in range(-reach, reach + 1):
            for across in range(-reach, reach + 1):
                at = (row + down, column + across)
                if all(0 <= place < self.size for place in at):
                    self.set(*at, max(abs(down), abs(across)) not in light)


def drawn(version: int, codewords: bytes) -> Matrix:
    """Return a code under the mask that readers like best."""
    drawing = _Drawing(version)
    places = list(drawing.path())
    bits = [bool(byte >> bit & 1) for byte in codewords for bit in range(7, -1, -1)]
    for (row, column), is_dark in zip(places, bits, strict=False):
        drawing.modules[row][column] = is_dark
    return min((_masked(drawing, places, mask) for mask in range(len(_MASKS))), key=_penalty)


def _masked(drawing: _Drawing, places: list[tuple[int, int]], mask: int) -> Matrix:
    drawing.draw_format(mask)
    modules = [list(row) for row in drawing.modules]
    for row, column in places:
        modules[row][column] ^= _MASKS[mask](row, column) == 0
    return modules


def _rest(data: int, bits: int, polynomial: int) -> int:
    """Return the BCH code of format and version."""
    rest = data
    for _ in range(bits):
        rest = rest << 1 ^ (rest >> (bits - 1)) * polynomial
    return rest


def _penalty(modules: Matrix) -> int:
    """Return how hard a code is to read (section 7.8.3)."""
    lines = [*modules, *map(list, zip(*modules, strict=True))]
    runs = [len(list(run)) for line in lines for _, run in groupby(line)]
    size = len(modules)
    blocks = sum(
        modules[row][column]
        == modules[row][column + 1]
        == modules[row + 1][column]
        == modules[row + 1][column + 1]
        for row in range(size - 1)
        for column in range(size - 1)
    )
    finders = sum(
        line[start : start + 11] in _FINDER_LIKE for line in lines for start in range(size - 10)
    )
    dark = sum(map(sum, modules)) * 20 // size**2
    uneven = min(abs(dark - 10), abs(dark + 1 - 10))
    return sum(run - 2 for run in runs if run >= 5) + 3 * blocks + 40 * finders + 10 * uneven
