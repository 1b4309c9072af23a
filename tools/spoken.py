"""Times, dates and lengths of time as one says them, and the values of a question to the caller."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from typing_extensions import override

_NAMES = re.compile(r"%([AB])")


@dataclass(frozen=True, kw_only=True)
class SpokenTime:
    """How one language says times."""

    weekdays: tuple[str, ...]
    """From Monday."""
    months: tuple[str, ...]
    day_form: str
    """Over {weekday}, {month} and {number}, the day of the month."""
    first_day: str = "1"
    """What the first day of a month is called."""
    moment_form: str
    """Over {day} and {clock}."""
    clock: Callable[[datetime], str]
    """Returns the time of day, as short as one says it."""
    exact_clock: Callable[[datetime], str]
    """The same to the minute, also on the hour."""
    units: tuple[tuple[str, str], tuple[str, str], tuple[str, str]]
    """Hours, minutes and seconds: one of them and several, over {count}."""
    separators: tuple[str, str]
    """Between units, and before the last one."""

    def day(self, when: date) -> str:
        """Return "Tuesday, October 6"."""
        weekday, month = self.weekdays[when.weekday()], self.months[when.month - 1]
        number = self.first_day if when.day == 1 else str(when.day)
        return self.day_form.format(weekday=weekday, month=month, number=number)

    def moment(self, when: datetime) -> str:
        """Return "Tuesday, October 6 at 2:05 pm"."""
        return self.moment_form.format(day=self.day(when), clock=self.clock(when))

    def duration(self, secs: int) -> str:
        """Return "2 minutes and 30 seconds"."""
        counts = (secs // 3600, secs // 60 % 60, secs % 60)
        words = [
            (one if count == 1 else several).format(count=count)
            for count, (one, several) in zip(counts, self.units, strict=True)
            if count
        ]
        between, before_last = self.separators
        first = between.join(words[:-1])
        last = words[-1] if words else self.units[-1][1].format(count=0)
        return f"{first}{before_last}{last}" if first else last

    def fill(self, template: str, values: Mapping[str, Any]) -> str:
        """Fill in a format string; days and months in it have this language's names.

        Beside what `strftime` knows, a date may be given as {when:day}, and a time as {when:clock}
        or {when:moment}.
        """
        spoken = {
            name: _Spoken(value, self) if isinstance(value, date) else value
            for name, value in values.items()
        }
        return template.format(**spoken)

    def format(self, when: date, form: str) -> str:
        """Return a date or a time in one of the forms of `fill`."""
        if form == "day":
            return self.day(when)
        if form in ("clock", "moment") and isinstance(when, datetime):
            return self.clock(when) if form == "clock" else self.moment(when)
        names = {"A": self.weekdays[when.weekday()], "B": self.months[when.month - 1]}
        return format(when, _NAMES.sub(lambda match: names[match.group(1)], form))


@dataclass(frozen=True)
class _Spoken:
    when: date
    times: SpokenTime

    @override
    def __format__(self, form: str) -> str:
        return self.times.format(self.when, form)

    @override
    def __str__(self) -> str:
        return str(self.when)
