from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.store.kept_session import KeptQuestion, KeptTimer
from bot.store.redaction import NOT_KEPT, Redactor, open_redactor
from bot.store.session_rows import CallRow, SessionRow, TurnRow, write_batch
from bot.store.sessions import load_session
from bot.store.store import Store

_QUESTION = '{"call_id": "1", "name": "pay", "text": "Pay 1234?"}'
_SESSION = SessionRow(
    id="s", began_at=1, seen_at=1, summary="They said 1234.", summary_until=2, question=_QUESTION
)
_TURN = TurnRow(
    place=1, who="user", text="it is 1234", memory="1234", is_finished=True, began_ms=1, ended_ms=2
)
_CALL = CallRow(
    place=2, call_id="1", name="pay", state="done", arguments='{"n": "1234"}', began_ms=1
)

Make = Callable[[str], Redactor]


@pytest_asyncio.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    """Return what makes a redactor of a function's last line."""
    made: list[Redactor] = []

    def of(code: str) -> Redactor:
        file = tmp_path / "redact.py"
        file.write_text(f"import re\ndef redact(text): {code}\n")
        made.append(Redactor(file))
        return made[-1]

    yield of
    for redactor in made:
        await redactor.close()


@pytest.mark.promise(
    "Memory", "An operator's own function may change all words before they are kept."
)
async def test_all_words_are_changed_before_they_are_kept(make: Make) -> None:
    redactor = make("return re.sub('[0-9]+', '#', text)")
    session, rows = await redactor.redacted(_SESSION, [_TURN, _CALL])
    assert session.summary == "They said #."
    assert not re.search("[0-9]{4}", repr([session, *rows]))
    assert json.loads(session.question) == {"call_id": "1", "name": "pay", "text": "Pay #?"}
    assert (_TURN.text, _CALL.arguments) == ("it is 1234", '{"n": "1234"}')


_TIMERS = '[{"label": "tea 12", "text": "Tea at 12!", "due_at": 1764000000.5}]'


@pytest.mark.promise("Memory", "A session is read back whatever REDACT_FILE makes of its words.")
@pytest.mark.parametrize("instead", ["#", "", '"', "\\", "}", "\n"])
async def test_what_was_redacted_can_be_read_back(store: Store, make: Make, instead: str) -> None:
    redactor = make(f"return re.sub('[0-9]+', lambda _: {instead!r}, text)")
    result = '{"paid": [1234, -5.5, true, null, "for 12"], "iban 77": {"n": "1"}}'
    call = replace(_CALL, arguments='{"n": 1234, "who": "ann"}', result=result, told_place=3)
    session, rows = await redactor.redacted(replace(_SESSION, timers=_TIMERS), [_TURN, call])
    turns, calls = [row for row in rows if isinstance(row, TurnRow)], [rows[1]]
    assert isinstance(calls[0], CallRow)
    assert await write_batch(store, session, turns=turns, calls=[calls[0]], is_first=True)
    kept = await load_session(store, "s")
    assert kept is not None
    assert kept.turns[0].text == f"it is {instead}"
    (timer,) = kept.timers
    due_at = 1764000000.5
    assert timer == KeptTimer(label=f"tea {instead}", text=f"Tea at {instead}!", due_at=due_at)
    assert kept.question == KeptQuestion(call_id="1", name="pay", text=f"Pay {instead}?")
    (one,) = kept.tool_calls
    assert json.loads(one.arguments) == {"n": instead, "who": "ann"}
    assert json.loads(one.result) == {
        "paid": [instead, f"-{instead}.{instead}", True, None, f"for {instead}"],
        f"iban {instead}": {"n": instead},
    }


@pytest.mark.promise("Memory", "A session is read back whatever REDACT_FILE makes of its words.")
async def test_what_is_not_changed_keeps_its_form(make: Make) -> None:
    call = replace(_CALL, arguments='{"n": 1234, "x": 1.50, "y": [true]}', result='"ja"')
    _, (kept,) = await make("return text").redacted(_SESSION, [call])
    assert isinstance(kept, CallRow)
    assert json.loads(kept.arguments) == {"n": 1234, "x": 1.5, "y": [True]}
    assert kept.result == '"ja"'


@pytest.mark.promise(
    "Memory", "An operator's own function may change all words before they are kept."
)
async def test_half_a_number_is_not_kept(make: Make) -> None:
    half = TurnRow(place=1, who="user", text="it is 12", began_ms=1, ended_ms=2)
    _, rows = await make("return text").redacted(_SESSION, [half])
    assert rows == []


@pytest.mark.parametrize("code", ["raise ValueError(text)", "return None"])
async def test_words_it_fails_on_are_not_kept(make: Make, code: str) -> None:
    redactor = make(code)
    session, (turn, call) = await redactor.redacted(_SESSION, [_TURN, _CALL])
    assert isinstance(turn, TurnRow)
    assert isinstance(call, CallRow)
    assert (turn.text, turn.memory) == (NOT_KEPT,) * 2
    # The turns that it stands for are told instead.
    assert (session.summary, session.summary_until) == ("", 0)
    assert (call.arguments, session.question) == ("{}", "")


_TEA = '{"label": "tea", "text": "Tea!", "due_at": 2.5}'
_EGG = '{"label": "egg", "text": "Egg!", "due_at": 3.5}'
_BEFORE = replace(_SESSION, summary="One.", summary_until=4, timers=f"[{_TEA}]")


@pytest.mark.promise(
    "Memory",
    "However long REDACT_FILE takes, what a tool began and ended is known; words follow.",
)
@pytest.mark.parametrize("is_taken_over", [False, True])
@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({"seen_at": 9}, {}),
        # The turns up to there are in neither of them.
        ({"summary": "Two.", "summary_until": 8}, {"summary": "One.", "summary_until": 4}),
        ({"timers": f"[{_TEA}, {_EGG}]"}, {"timers": f"[{_TEA}]"}),
        ({"question": _QUESTION.replace("Pay", "Give")}, {"question": ""}),
    ],
)
async def test_what_is_new_costs_nothing_that_was_kept(
    store: Store,
    make: Make,
    changes: dict[str, Any],
    lost: dict[str, Any],
    is_taken_over: bool,
) -> None:
    redactor = make("return text")
    first, _ = await redactor.redacted(_BEFORE, [])
    assert first == _BEFORE
    if is_taken_over:
        await write_batch(store, first, is_first=True)
        kept = await load_session(store, "s")
        assert kept is not None
        redactor = make("return text")
        redactor.go_on(kept)
    session = replace(_BEFORE, **changes)
    late, _ = redactor.known(session, [])
    assert late == replace(session, **lost)
    whole, _ = await redactor.redacted(session, [])
    assert whole == session


async def test_what_was_kept_as_it_was_said_is_looked_at_by_the_next_bot(
    store: Store, make: Make
) -> None:
    await write_batch(store, _BEFORE, is_first=True)
    kept = await load_session(store, "s")
    assert kept is not None
    redactor = make("return text.upper()")
    redactor.go_on(kept)
    session, _ = await redactor.redacted(_BEFORE, [])
    assert (session.summary, session.summary_until) == ("ONE.", 4)


async def test_without_a_file_nothing_is_changed() -> None:
    async with open_redactor(None) as redactor:
        assert redactor is None
