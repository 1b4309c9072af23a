"""What the operator does with invites, from the command line to the API."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.access.choice import build_door
from bot.access.commands import invite, invites, revoke
from bot.errors import LaunchError, RoomError
from bot.settings import Settings
from bot.store.store import open_store
from tests.bot.http.api_client import bearer, error_code, open_api
from tests.runner_process import command


def _settings(folder: Path, **given: object) -> Settings:
    return Settings.model_validate({"access": "invite", "data_dir": folder, **given})


def _token(text: str) -> str:
    found = re.search(r"#invite=(\S+)", text)
    assert found
    return found[1]


@pytest.mark.promise("Who may call", "With ACCESS=invite nobody starts a call without an invite.")
async def test_a_link_leads_into_a_call_as_the_person_it_is_for(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    token = _token(await invite(settings, name=" Ada ", uses=1, days=7))
    async with open_store(tmp_path) as store:
        door = build_door(settings, store)
        async with open_api(door=door) as api:
            assert error_code(await api.http.post("/api/sessions")) == "invite_needed"
            shown = await api.http.post("/api/access", json={"key": token})
            assert shown.status_code == 204 and "HttpOnly" in shown.headers["set-cookie"]
            again = {"Idempotency-Key": "double-click"}
            answers = [await api.http.post("/api/sessions", headers=again) for _ in range(2)]
            assert [answer.status_code for answer in answers] == [201, 201]
            over = await api.http.post("/api/token", headers=bearer(token))
            assert (over.status_code, error_code(over)) == (403, "invite_used_up")
            assert api.count() == 1
    assert "0 left" in await invites(settings) and "Ada" in await invites(settings)


async def test_a_start_that_fails_costs_no_use(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    headers = bearer(_token(await invite(settings, name="Ada", uses=1, days=7)))
    async with open_store(tmp_path) as store, open_api(door=build_door(settings, store)) as api:
        api.rooms.error = RoomError("livekit_unreachable", "The LiveKit server does not answer.")
        for path in ("/api/sessions", "/api/token"):
            assert (await api.http.post(path, headers=headers)).status_code == 503
        api.rooms.error = None
        assert (await api.http.post("/api/sessions", headers=headers)).status_code == 201


@pytest.mark.promise(
    "Who may call", "An invite is good for so many calls and days, and until it is taken back."
)
async def test_an_invite_that_is_taken_back_opens_nothing_at_once(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    text = await invite(settings, name="Ada", uses=5, days=7)
    async with open_store(tmp_path) as store, open_api(door=build_door(settings, store)) as api:
        headers = bearer(_token(text))
        assert (await api.http.post("/api/sessions", headers=headers)).status_code == 201
        await revoke(settings, invite_id=_token(text).partition(".")[0])
        answer = await api.http.post("/api/sessions", headers=headers)
        assert error_code(answer) == "invite_revoked"
    assert "revoked" in await invites(settings)


@pytest.mark.parametrize(
    ("name", "uses", "days"),
    [("", 1, 1), ("a\nb", 1, 1), ("x" * 65, 1, 1), ("Ada", 0, 1), ("Ada", 1, 0), ("Ada", -1, 9**9)],
)
async def test_an_invite_for_nothing_is_refused(
    tmp_path: Path, name: str, uses: int, days: int
) -> None:
    with pytest.raises(LaunchError, match="bad_invite"):
        await invite(_settings(tmp_path), name=name, uses=uses, days=days)


async def test_what_is_not_there_cannot_be_taken_back(tmp_path: Path) -> None:
    assert await invites(_settings(tmp_path)) == "There are no invites."
    with pytest.raises(LaunchError, match="there is no invite"):
        await revoke(_settings(tmp_path), invite_id="nobody")


async def test_a_store_that_fails_is_told_in_a_sentence(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    async with open_store(tmp_path) as store, store.transaction() as connection:
        await connection.execute(text("ALTER TABLE invites RENAME TO gone"))
    for asked in (
        invite(settings, name="Ada", uses=1, days=7),
        invites(settings),
        revoke(settings, invite_id="0" * 12),
    ):
        with pytest.raises(LaunchError, match="no such table"):
            await asked


async def test_a_link_that_opens_nothing_says_so(tmp_path: Path) -> None:
    text = await invite(
        _settings(tmp_path, access="key", access_key="x" * 12), name="A", uses=1, days=1
    )
    assert "ACCESS is not invite" in text


def test_the_command_line_makes_lists_and_takes_back(tmp_path: Path) -> None:
    given = {"DATA_DIR": str(tmp_path), "ACCESS": "invite"}
    made = command("invite", "--for", "Ada", "--uses", "3", "--days", "7", **given)
    assert made.returncode == 0
    invite_id = _token(made.stdout).partition(".")[0]
    assert f"{invite_id}     3 left" in command("invites", **given).stdout
    assert command("revoke", invite_id, **given).returncode == 0
    assert f"{invite_id}    revoked" in command("invites", **given).stdout
    for wrong in (("invite",), ("revoke",), ("serve", "--uses", "3"), ("invites", "x")):
        assert command(*wrong, **given).returncode == 2
