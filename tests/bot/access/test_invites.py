"""Invites from the link to the last call."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.access.doors import Knock
from bot.access.errors import AccessError
from bot.access.invites import InviteDoor, InviteSigner, make_invite, open_signer
from bot.errors import LaunchError, StoreError
from bot.processes.task_set import TaskSet
from bot.store.invites import find_invite, revoke_invite
from bot.store.store import Store, open_store
from tests.log_lines import log_lines
from tests.unkind_store import unkind_store
from tests.waiting import until

_SIGNER = InviteSigner(b"k" * 32)


class _Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class _Case:
    """One invite for Ada, three uses and seven days."""

    def __init__(self, store: Store, clock: _Clock, invite_id: str) -> None:
        self.store, self.clock, self.invite_id = store, clock, invite_id
        self.token = _SIGNER.token_of(invite_id)
        self.tasks = TaskSet()
        self.door = InviteDoor(store=store, signer=_SIGNER, tasks=self.tasks, clock=clock)

    async def start(self, *, error: BaseException | None = None) -> str:
        """Begin a call; returns who it is."""
        guest = await self.door.admit(Knock(address="a", peer="a", bearer=self.token))
        async with guest.use():
            if error:
                raise error
        return guest.person

    async def uses_left(self) -> int:
        found = await find_invite(self.store, self.invite_id)
        return found.uses_left if found else -1


@pytest_asyncio.fixture
async def case(tmp_path: Path) -> AsyncIterator[_Case]:
    clock = _Clock()
    async with open_store(tmp_path / "data") as store:
        made = await make_invite(store, name="Ada", uses=3, days=7, clock=clock)
        case = _Case(store, clock, made.id)
        async with case.tasks:
            yield case


@pytest.mark.promise(
    "Who may call", "An invite is good for so many calls and days, and until it is taken back."
)
async def test_an_invite_is_good_for_so_many_calls(case: _Case) -> None:
    assert [await case.start() for _ in range(3)] == ["Ada"] * 3
    with pytest.raises(AccessError, match="invite_used_up"):
        await case.start()
    with pytest.raises(AccessError, match="invite_used_up"):
        await case.door.exchange(case.token, address="a")


@pytest.mark.promise(
    "Who may call", "An invite is good for so many calls and days, and until it is taken back."
)
async def test_many_starts_at_once_are_no_more_than_the_uses(case: _Case) -> None:
    ended = await asyncio.gather(*(case.start() for _ in range(9)), return_exceptions=True)
    assert ended.count("Ada") == 3
    refused = [one for one in ended if isinstance(one, AccessError)]
    assert {one.code for one in refused} == {"invite_used_up"} and len(refused) == 6


@pytest.mark.parametrize("error", [RuntimeError(), asyncio.CancelledError()])
async def test_a_start_that_fails_is_not_counted(case: _Case, error: BaseException) -> None:
    with pytest.raises(type(error)):
        await case.start(error=error)
    assert await case.uses_left() == 3


@pytest.mark.promise("Who may call", "A call that did not begin costs no use of an invite.")
@pytest.mark.parametrize("moment", ["counted", "not counted", "given back", "gone for long"])
@pytest.mark.parametrize("is_last", [True, False])
async def test_a_start_of_a_store_that_is_not_well_is_not_counted(
    monkeypatch: pytest.MonkeyPatch, moment: str, *, is_last: bool
) -> None:
    monkeypatch.setattr("bot.access.owed_uses._AGAIN_SECS", 0.1)
    clock, store = _Clock(), await unkind_store()
    made = await make_invite(store, name="Ada", uses=1 if is_last else 3, days=7, clock=clock)
    case, uses = _Case(store, clock, made.id), made.uses_left
    guest = await case.door.admit(Knock(address="a", peer="a", bearer=case.token))
    error: BaseException | None = None
    match moment:
        case "counted":
            store.loses = 1
        case "not counted":
            store.fails = 1
        case "given back":
            error = RuntimeError()
        case _:
            store.loses, store.fails = 1, 1
    with pytest.raises((StoreError, RuntimeError)):
        async with guest.use():
            if error:
                store.loses = 2
                raise error
    store.fails = store.loses = 0
    # Whoever tries once more has the call, and one use is counted for both.
    assert await case.start() == "Ada"

    async def is_one_counted() -> bool:
        return await case.uses_left() == uses - 1

    await until(is_one_counted)
    await case.tasks.__aexit__(None, None, None)
    await store.close()


@pytest.mark.promise("Who may call", "A call that did not begin costs no use of an invite.")
async def test_a_start_waits_for_no_use_that_is_owed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.access.owed_uses._MOST", 2)
    monkeypatch.setattr("bot.access.owed_uses._AGAIN_SECS", 0.05)
    clock, store = _Clock(), await unkind_store()
    made = await make_invite(store, name="Ada", uses=9, days=7, clock=clock)
    case = _Case(store, clock, made.id)
    guest = await case.door.admit(Knock(address="a", peer="a", bearer=case.token))

    async def hangs() -> bool:
        return not store.hangs

    with log_lines("bot.access") as lines:
        async with asyncio.timeout(5.0), case.tasks:
            for trouble in ("fails", "loses", "loses", "loses"):
                vars(store)[trouble] = 1
                with pytest.raises(StoreError):
                    async with guest.use():
                        pass
                if trouble == "fails":
                    # What is owed meets a store that hangs, and those after it wait.
                    store.hangs = 1
                    await until(hangs)
            assert await case.uses_left() == 6
            assert await case.start() == "Ada"
            assert await case.uses_left() == 5
    assert len([line for line in lines if "stays counted" in line]) == 2
    await store.close()


@pytest.mark.promise(
    "Who may call", "An invite is good for so many calls and days, and until it is taken back."
)
@pytest.mark.parametrize(("end", "code"), [("days", "expired"), ("revoked", "revoked")])
async def test_an_invite_ends(case: _Case, end: str, code: str) -> None:
    given = await case.door.exchange(case.token, address="a")
    assert given.lasts_secs == 7 * 86_400
    if end == "days":
        case.clock.now += 7 * 86_400
    else:
        await revoke_invite(case.store, case.invite_id)
    for cookie, bearer in ((given.cookie, ""), ("", case.token)):
        with pytest.raises(AccessError, match=f"invite_{code}"):
            await case.door.admit(Knock(address="a", peer="a", cookie=cookie, bearer=bearer))


@pytest.mark.promise("Who may call", "Nobody makes an invite but the operator.")
@pytest.mark.parametrize(
    "forge", ["", ".", "x", "é", "{id}", "{id}.", "{id}.{zeros}", "{other}", "{id}{token}"]
)
async def test_a_token_that_nobody_here_made_is_unknown(case: _Case, forge: str) -> None:
    other = InviteSigner(b"o" * 32).token_of(case.invite_id)
    token = forge.format(id=case.invite_id, zeros="0" * 32, other=other, token=case.token)
    with pytest.raises(AccessError, match="invite_unknown"):
        await case.door.exchange(token, address="a")
    code = "invite_unknown" if token else "invite_needed"
    with pytest.raises(AccessError, match=code):
        await case.door.admit(Knock(address="a", peer="a", bearer=token))


async def test_a_signed_invite_that_is_not_in_the_store_is_unknown(case: _Case) -> None:
    with pytest.raises(AccessError, match="invite_unknown"):
        await case.door.exchange(_SIGNER.token_of("deadbeef"), address="a")


def test_the_key_is_kept_and_nobody_else_reads_it(tmp_path: Path) -> None:
    first = open_signer(tmp_path / "data").token_of("a1")
    assert open_signer(tmp_path / "data").token_of("a1") == first
    assert os.stat(tmp_path / "data" / "invites.key").st_mode & 0o077 == 0
    assert open_signer(tmp_path / "other").token_of("a1") != first


@pytest.mark.parametrize("spoil", ["a file", "short"])
def test_a_place_that_cannot_be_used_is_told(tmp_path: Path, spoil: str) -> None:
    data = tmp_path / "data"
    if spoil == "a file":
        data.write_text("")
    else:
        data.mkdir()
        (data / "invites.key").write_bytes(b"short")
    with pytest.raises(LaunchError, match="no_invite_key"):
        open_signer(data)
