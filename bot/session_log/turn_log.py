"""The turns of both sides as lines of the store: words as heard, and as the model knows them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from bot.store.session_rows import TurnRow
from processors.agent_protocol.events import Side
from processors.scripts import joined


class TurnLog:
    """Grows the turn of each side that is under way.

    The bot's ends where its sound ends or the model's memory takes it, whichever comes first: both
    tell of the same words, in any order.

    Args:
        places: The places that are free in the session.
        clock_ms: The session's clock.
        put: Has a line written; `is_urgent` at once.
    """

    def __init__(
        self,
        *,
        places: Iterator[int],
        clock_ms: Callable[[], int],
        put: Callable[..., None],
    ) -> None:
        self._places = places
        self._clock_ms = clock_ms
        self._put = put
        self._caller: TurnRow | None = None
        self._bot: TurnRow | None = None
        self._unconfirmed: list[TurnRow] = []
        """What was heard of the bot, and the model's memory has not told of yet."""
        self._callers: list[tuple[str, int]] = []

    def know(self, turns: Iterable[TurnRow], *, moved_by: int) -> None:
        """These were before, in another bot; what was noted here is so many places later."""
        known = [(turn.text, turn.place) for turn in turns if turn.who == Side.CALLER.value]
        self._callers = known + [(text, place + moved_by) for text, place in self._callers]

    def caller_said(self, text: str) -> None:
        """The caller's turn has these words more."""
        if self._caller is None:
            self._caller = self._new(Side.CALLER)
        self._caller.text = self._caller.memory = joined([self._caller.text, text.strip()])
        self._write(self._caller)

    def bot_heard(self, text: str, *, is_remembered: bool, timings: dict[str, int]) -> None:
        """The bot's turn has these words more.

        Args:
            text: With their spacing.
            is_remembered: Whether the model is to know that it said them.
            timings: Milliseconds by name, of the reply they belong to.
        """
        if self._bot is None:
            self._bot = self._new(Side.BOT)
        bot = self._bot
        bot.text = f"{bot.text}{text}".lstrip()
        if timings:
            bot.timings = json.dumps({**json.loads(bot.timings), **timings})
        if is_remembered:
            bot.memory = f"{bot.memory}{text}".lstrip()
            if bot not in self._unconfirmed:
                self._unconfirmed.append(bot)
        self._write(bot)

    def bot_fell_silent(self, *, is_cut: bool) -> None:
        """The bot has finished, or was cut."""
        if self._bot is not None:
            self._bot.is_cut = is_cut
            self._finish(self._bot)
        elif is_cut and self._unconfirmed:
            self._unconfirmed[-1].is_cut = True
            self._write(self._unconfirmed[-1])
        self._bot = None

    def remembered(self, side: Side, text: str) -> None:
        """The model's memory holds this turn."""
        if side is Side.CALLER:
            row, self._caller = self._caller or self._new(Side.CALLER), None
            row.text = row.memory = text
            self._callers.append((text, row.place))
            # From now on an answer is owed, by whichever bot is there.
            self._finish(row, is_urgent=True)
            return
        first, *others = self._take_unconfirmed(text) or [self._new(Side.BOT)]
        first.text = first.text or text
        first.memory = text
        for row in others:
            # Its words are in the first one's.
            row.memory = ""
        for row in (first, *others):
            if row is self._bot:
                self._bot = None
            self._finish(row)

    def place_of(self, words: str) -> int:
        """Return the place of the caller's newest turn that begins these words; 0: of none."""
        return next((place for text, place in reversed(self._callers) if words.startswith(text)), 0)

    def _take_unconfirmed(self, text: str) -> list[TurnRow]:
        """Return the turns that these words are of, in their order."""
        known = _letters(text)
        taken = [
            row
            for at, row in enumerate(self._unconfirmed)
            if at == 0 or _letters(row.memory) in known
        ]
        self._unconfirmed = [row for row in self._unconfirmed if row not in taken]
        return taken

    def _new(self, side: Side) -> TurnRow:
        now_ms = self._clock_ms()
        return TurnRow(place=next(self._places), who=side.value, began_ms=now_ms, ended_ms=now_ms)

    def _finish(self, row: TurnRow, *, is_urgent: bool = False) -> None:
        row.is_finished = True
        self._write(row, is_longer=False, is_urgent=is_urgent)

    def _write(self, row: TurnRow, *, is_longer: bool = True, is_urgent: bool = False) -> None:
        row.revision += 1
        if is_longer:
            row.ended_ms = self._clock_ms()
        self._put(row, is_urgent=is_urgent)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()
