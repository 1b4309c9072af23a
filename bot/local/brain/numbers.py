"""Numbers as words and words as numbers, from 0 to 999."""

from __future__ import annotations

# fmt: off
_ONES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]
_TENS = [
    "zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
]
# fmt: on


def spoken(number: int) -> str:
    """Return the number in words: 42 -> "forty-two"."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens] + (f"-{_ONES[ones]}" if ones else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{_ONES[hundreds]} hundred" + (f" and {spoken(rest)}" if rest else "")
    return str(number)


def numbers_in(text: str) -> list[int]:
    """Return the numbers in normalised text, written as digits or as words."""
    found: list[int] = []
    current: int | None = None
    for word in text.split():
        value = _value(word)
        if word == "hundred" and current is not None:
            current *= 100
        elif value is None:
            if word != "and" or current is None or current % 100:
                found, current = _with(found, current), None
        elif current is not None and _joins(current, value):
            current += value
        else:
            found, current = _with(found, current), value
    return _with(found, current)


def _value(word: str) -> int | None:
    if word.isdecimal():
        return int(word)
    if word in _ONES:
        return _ONES.index(word)
    return _TENS.index(word) * 10 if word in _TENS else None


def _joins(current: int, value: int) -> bool:
    """True for "twenty" + "five" and "one hundred" + "five", not for "two" + "three"."""
    is_tens = current % 100 >= 20 and current % 10 == 0 and 0 < value < 10
    is_hundreds = current >= 100 and current % 100 == 0 and value < 100
    return is_tens or is_hundreds


def _with(found: list[int], number: int | None) -> list[int]:
    return found if number is None else [*found, number]
