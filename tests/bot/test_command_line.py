from __future__ import annotations

import pytest

from bot.command_line import parse


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("", {"command": "serve"}),
        ("worker", {"command": "worker"}),
        ("doctor --public voice.test", {"command": "doctor", "public": "voice.test"}),
        ("invite --for Ada --uses 3", {"command": "invite", "name": "Ada", "uses": 3}),
        ("forget 01", {"command": "forget", "id": "01"}),
        ("plan --calls 5 --cores 2", {"command": "plan", "calls": 5, "cores": 2}),
    ],
)
def test_what_is_said_is_understood(arguments: str, said: dict[str, object]) -> None:
    wanted = {name: value for name, value in vars(parse(arguments.split())).items() if value}
    assert wanted == said


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ("serve extra", "serve takes no ID"),
        ("pause --days 3", "pause takes no --days"),
        ("revoke", "revoke needs ID"),
        ("invite", "invite needs --for"),
        ("plan", "plan needs --calls"),
        ("plan --calls 0", "0 is no whole number from 1"),
    ],
)
def test_what_a_command_does_not_take_or_lacks_is_named(
    arguments: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(arguments.split())
    assert ended.value.code == 2
    assert why in capsys.readouterr().err
