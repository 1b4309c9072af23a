"""Against what is promised when somebody means harm."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_BOMB = "A recording from before the connection that is made to do harm costs nothing but itself."
_BOUND = "What decodes a caller's recording has none of the keys, and bounded memory and time."
_KILLED = "A bot that is killed leaves no process behind that decodes."
_HELPER = "processors/room/pre_connect_helper.py"
_DECODER = "processors/room/pre_connect_decoder.py"
_BOMBS = "tests/attacks/test_recording_bombs.py::test_a_bomb_costs_the_bot_nothing"
_REFUSED = (
    "tests/processors/room/test_pre_connect_helper.py::test_a_bomb_is_refused_before_it_is_decoded"
)
_ROOM = "tests/processors/room/test_pre_connect_decoder.py"
_FAILS = f"{_ROOM}::test_a_helper_that_fails_costs_the_recording_only"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="helper-may-take-for-ever",
        promise=_BOMB,
        file=_DECODER,
        before="async with asyncio.timeout(self._limit_secs):",
        after="async with asyncio.timeout(100 * self._limit_secs):",
        tests=(_FAILS,),
    ),
    Mutant(
        name="helper-may-answer-without-end",
        promise=_BOMB,
        file=_DECODER,
        before="        answer = (answer + piece)[: max_bytes + 1]\n",
        after="        answer = (answer + piece)[:max_bytes]\n",
        tests=(_FAILS,),
    ),
    Mutant(
        name="helper-writes-the-log",
        promise=_BOMB,
        file=_DECODER,
        before='answer.decode() if _REASON.fullmatch(answer) else "refused"',
        after='answer.decode(errors="replace")',
        tests=(_FAILS,),
    ),
    Mutant(
        name="any-rate-of-a-recording",
        promise=_BOMB,
        file=_HELPER,
        before="if rate_hz not in _RATES_HZ or channels not in _LAYOUTS:",
        after="if channels not in _LAYOUTS:",
        tests=(_REFUSED,),
    ),
    Mutant(
        name="helper-inherits-the-keys",
        promise=_BOUND,
        file=_DECODER,
        before="stderr=DEVNULL, env={}, start_new_session=True",
        after="stderr=DEVNULL, start_new_session=True",
        tests=(f"{_ROOM}::test_the_helper_has_no_keys_and_bounds",),
    ),
    Mutant(
        name="helper-takes-any-memory",
        promise=_BOUND,
        file=_HELPER,
        before="(_MAX_ADDRESS_BYTES, _MAX_ADDRESS_BYTES)",
        after="(-1, -1)",
        tests=(f"{_ROOM}::test_the_helper_has_no_keys_and_bounds",),
    ),
    Mutant(
        name="helper-outlives-the-bot",
        promise=_KILLED,
        file=_HELPER,
        before="        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)\n",
        after="",
        tests=(f"{_ROOM}::test_the_helper_ends_with_the_bot",),
    ),
)
