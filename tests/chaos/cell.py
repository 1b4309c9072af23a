"""One fault at one moment of one call: what was heard, what was seen, and whether talk went on."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field

from bench.ear import understood
from bench.sound import SAMPLE_RATE_HZ
from tests.chaos.client import Client
from tests.chaos.moments import NEXT_ANSWER, NEXT_QUESTION, Moment
from tests.cpu_pressure import CpuPressure
from tests.silence import AGAIN_SECS, FILLER, FILLERS, LIMIT_SECS

_TAIL_SECS = 0.5
"""Of sound that was under way when it happened."""
_DUE_LIMIT_SECS = 45.0
"""A provider that is gone for 20 s, its restart, and the answer."""
_ANSWER_LIMIT_SECS = 25.0
"""Of a question that is asked when nothing fails any more, or from then on."""
_LOST_LIMIT_SECS = 3.0
"""Within which the page shows that a bot is lost; longer on a machine with other work."""
_END_LIMIT_SECS = 12.0
_HEARD_CHARS = 160
_HEARD_BYTES = 2 * SAMPLE_RATE_HZ * 40
_OTHER_BOT = ("recovering", "left")
"""How what the page shows begins where another bot may have come."""
_STANDING = ("recover", "away", "reconnect", "ended", "left", "state", "starting")
"""How what the page shows begins when it goes on to explain why nothing is heard."""
_NO_TROUBLE = ("well", "left", "recover")
"""What ends a trouble of the bot, which the page shows beside all else."""


@dataclass(kw_only=True)
class Cell:
    """What one cell has shown."""

    fault: str
    moment: str
    has_way: bool = True
    silent_secs: float = 0.0
    """The longest time the caller was owed something and nothing explained the silence."""
    stretch: float = 1.0
    """How many times longer work has taken than on an idle machine."""
    heard: str = ""
    """What was recognised since the fault."""
    seen: list[str] = field(default_factory=list[str])
    due_secs: float | None = None
    """From the fault until what was owed at the moment had come."""
    goes_on_secs: float | None = None
    """From another question to its answer."""
    is_over: str = ""
    """The reason with which the session ended by name."""
    problems: list[str] = field(default_factory=list[str])

    def judge(self, moment: Moment) -> None:
        """Note what does not hold."""
        if self.silent_secs > LIMIT_SECS * self.stretch:
            self.problems.append(f"{self.silent_secs:.1f} s of silence")
        if not moment.goes_on:
            if not self.is_over:
                self.problems.append("the session has not ended by name")
            return
        if self.has_way or not self.is_over:
            if self.due_secs is None:
                self.problems.append("what was owed never came")
            if self.goes_on_secs is None:
                self.problems.append("the talk does not go on")


async def live_on(
    client: Client, moment: Moment, cell: Cell, *, since_secs: float, lasts_secs: float
) -> None:
    """Go on with a call in which something fails for a while, and note what happens."""
    pressure = CpuPressure()
    cell.due_secs = 0.0
    if moment.asks_first or moment.owes:
        owed_secs = since_secs
        if moment.asks_first:
            await _settle(client)
            if any(what.startswith(_OTHER_BOT) for _, what in client.seen):
                await _until_asked(client, moment, since_secs)
            owed_secs = await _say(client, cell, moment.asks_first)
        met_secs = await _until_due(client, moment, owed_secs)
        cell.due_secs = met_secs and met_secs - owed_secs
        shown = FILLER if moment.is_told else ""
        _note_silence(cell, client, owed_secs, met_secs or time.monotonic(), shown=shown)
    if moment.goes_on:
        await _ask_on(client, cell, well_secs=since_secs + lasts_secs)
    else:
        await _hear_end(client)
    cell.is_over = await _end_of(client)
    cell.seen = [what for at, what in client.seen if at >= since_secs]
    cell.stretch = pressure.stretch
    pcm = b"" if client.is_light else client.pcm(since_secs)[-_HEARD_BYTES:]
    cell.heard = (await asyncio.to_thread(understood, pcm))[-_HEARD_CHARS:] if pcm else ""
    cell.judge(moment)


async def _end_of(client: Client) -> str:
    """Return the reason with which the session has ended by name; empty if it goes on."""
    told = [what for _, what in client.seen if what.startswith("ended")]
    state, reason = ("ended", told[-1].partition(" ")[2]) if told else await client.state()
    return (reason or "without a reason") if state == "ended" else ""


async def _settle(client: Client) -> None:
    """Wait until somebody is in the room, and the bot has said what it has to say of it."""
    await asyncio.sleep(2.0)
    deadline = time.monotonic() + _DUE_LIMIT_SECS
    while time.monotonic() < deadline:
        is_there = client.is_connected and not client.is_away
        if is_there and not client.caller.recording.is_loud(since_secs=time.monotonic() - 1.0):
            return
        if client.is_over:
            return
        await asyncio.sleep(0.1)


async def _until_asked(client: Client, moment: Moment, since_secs: float) -> None:
    """Wait until the bot that has come has asked what the one before it had asked."""
    with suppress(TimeoutError):
        await client.caller.wait_until(
            lambda: client.has_said(moment.asked, since_secs), _ANSWER_LIMIT_SECS
        )
    await client.caller.wait_for_silence(since_secs=time.monotonic())


async def _say(client: Client, cell: Cell, text: str) -> float:
    """Say something, once more if the page shows that its hearer is lost; return when it was out.

    So do people: what was said into a bot that dies is gone with it, and the next one asks them.
    """
    said = await client.say(text)
    while time.monotonic() < said.u1_secs + _LOST_LIMIT_SECS and not client.is_over:
        if any(at > said.u0_secs and what.startswith("recover") for at, what in client.seen):
            await _settle(client)
            _note_silence(cell, client, said.u1_secs, time.monotonic())
            said = await client.say(text)
            break
        if any(at > said.u1_secs for at, _ in client.captions(said.u1_secs)):
            break
        await asyncio.sleep(0.1)
    return said.u1_secs


async def _until_due(client: Client, moment: Moment, owed_secs: float) -> float | None:
    """Return when what is owed has come; None if it never does."""
    deadline = time.monotonic() + _DUE_LIMIT_SECS
    while time.monotonic() < deadline:
        if moment.due:
            found = [at for at, text in client.captions(owed_secs) if moment.due in text]
        else:
            found = [at for at in client.loud_secs() if at > owed_secs + _TAIL_SECS]
        if found:
            return found[0]
        if client.is_over:
            return None
        await asyncio.sleep(0.2)
    return None


def _note_silence(
    cell: Cell, client: Client, since_secs: float, until_secs: float, *, shown: str = ""
) -> None:
    signs = [(at, "") for at in client.loud_secs()] + client.captions() + client.seen
    silent_secs = longest_silence(signs, since_secs, until_secs, shown=shown)
    cell.silent_secs = max(cell.silent_secs, silent_secs)


def longest_silence(
    signs: list[tuple[float, str]], since_secs: float, until_secs: float, *, shown: str = ""
) -> float:
    """Return the longest time that neither sound, a caption nor a state explains, in seconds.

    Args:
        signs: When what was heard ("") or shown; a state that is shown goes on to explain.
        since_secs: The caller is owed something from here on.
        until_secs: Up to here.
        shown: What was shown or said last before that.
    """
    last_secs, longest_secs, is_troubled = since_secs, 0.0, False
    for at, what in [*sorted(signs), (until_secs, "")]:
        was_troubled, is_troubled = is_troubled, _is_troubled(what, was=is_troubled)
        if at < since_secs + (0.0 if what else _TAIL_SECS) and at < until_secs:
            continue
        gap_secs = min(at, until_secs) - last_secs
        if not was_troubled and not _explains(shown, gap_secs):
            longest_secs = max(longest_secs, gap_secs)
        if at >= until_secs:
            break
        last_secs = at
        # Who is heard again has come back; a caption is there before its sound is.
        shown = what or ("" if shown.startswith(_STANDING) else shown)
    return longest_secs


def _is_troubled(what: str, *, was: bool) -> bool:
    return what.startswith("trouble") or (was and not what.startswith(_NO_TROUBLE))


def _explains(shown: str, gap_secs: float) -> bool:
    return shown.startswith(_STANDING) or (shown in FILLERS and gap_secs <= AGAIN_SECS)


async def _ask_on(client: Client, cell: Cell, *, well_secs: float) -> None:
    """Ask something else, and note its answer."""
    await _settle(client)
    if client.is_over:
        return
    asked_secs = await _say(client, cell, NEXT_QUESTION)
    deadline = max(time.monotonic(), well_secs) + _ANSWER_LIMIT_SECS
    while time.monotonic() < deadline and not client.is_over:
        if client.has_said(NEXT_ANSWER, asked_secs):
            cell.goes_on_secs = time.monotonic() - asked_secs
            break
        await asyncio.sleep(0.1)
    _note_silence(cell, client, asked_secs, time.monotonic())
    if cell.goes_on_secs is not None:
        await client.caller.wait_for_silence(since_secs=time.monotonic())


async def _hear_end(client: Client) -> None:
    with suppress(TimeoutError):
        await client.caller.wait_until(lambda: client.is_over, _END_LIMIT_SECS)
