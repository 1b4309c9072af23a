from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.store.redaction import NOT_KEPT, Redactor, load_redactor
from bot.store.session_rows import CallRow, SessionRow, TurnRow

_SESSION = SessionRow(id="s", began_at=1, seen_at=1, summary="They said 1234.", question="{}")
_TURN = TurnRow(
    place=1, who="user", text="it is 1234", memory="1234", is_finished=True, began_ms=1, ended_ms=2
)
_CALL = CallRow(
    place=2, call_id="1", name="pay", state="done", arguments='{"n": "1234"}', began_ms=1
)


@pytest.mark.promise(
    "Memory", "An operator's own function may change all words before they are kept."
)
async def test_all_words_are_changed_before_they_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "redact.py"
    file.write_text("import re\ndef redact(text): return re.sub('[0-9]+', '#', text)\n")
    redactor = load_redactor(file)
    assert redactor is not None
    session, rows = await redactor.redacted(_SESSION, [_TURN, _CALL])
    assert session.summary == "They said #."
    assert not re.search("[0-9]{4}", repr([session, *rows]))
    assert (_TURN.text, _CALL.arguments) == ("it is 1234", '{"n": "1234"}')


@pytest.mark.promise(
    "Memory", "An operator's own function may change all words before they are kept."
)
async def test_half_a_number_is_not_kept() -> None:
    half = TurnRow(place=1, who="user", text="it is 12", began_ms=1, ended_ms=2)
    _, rows = await Redactor(lambda text: text).redacted(_SESSION, [half])
    assert rows == []


@pytest.mark.parametrize("code", ["raise ValueError(text)", "return None"])
async def test_words_it_fails_on_are_not_kept(tmp_path: Path, code: str) -> None:
    file = tmp_path / "redact.py"
    file.write_text(f"def redact(text): {code}\n")
    redactor = load_redactor(file)
    assert redactor is not None
    session, (turn, call) = await redactor.redacted(_SESSION, [_TURN, _CALL])
    assert isinstance(turn, TurnRow)
    assert isinstance(call, CallRow)
    assert (turn.text, turn.memory, session.summary) == (NOT_KEPT,) * 3
    assert (call.arguments, session.question) == ("{}", "")


@pytest.mark.parametrize("code", ["", "redact = 1", "1 / 0", "def redact("])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, code: str) -> None:
    file = tmp_path / "redact.py"
    file.write_text(code)
    with pytest.raises(SettingsError, match="REDACT_FILE"):
        load_redactor(file)
    assert load_redactor(None) is None
