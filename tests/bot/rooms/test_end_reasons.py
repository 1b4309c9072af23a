"""Who asks for the state of a session that has ended is told why, however it was learnt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from livekit.protocol.models import ParticipantInfo, Room, RoomEndReason
from livekit.protocol.webhook import WebhookEvent

from bot.call.course import EndReason
from bot.rooms.plan import RoomMetadata, RoomPlan
from bot.rooms.rooms import BotState
from tests.bot.http.api_client import Api, bearer, open_api


@dataclass
class Asked:
    """A session, and who may ask about it."""

    api: Api
    session_id: str
    room_name: str
    token: str

    async def answer(self) -> dict[str, object]:
        answer = await self.api.http.get(
            f"/api/sessions/{self.session_id}", headers=bearer(self.token)
        )
        return answer.json()

    def webhook(self, event: str, metadata: str = "", **given: object) -> None:
        room = Room(name=self.room_name, metadata=metadata)
        self.api.backend.events.handle(
            WebhookEvent(event=event, room=room, **given)  # pyright: ignore[reportArgumentType]
        )

    def ending(self, reason: str) -> RoomMetadata:
        return RoomMetadata(session_id=self.session_id, end_reason=reason)


async def started(api: Api) -> Asked:
    body = (await api.http.post("/api/sessions")).json()
    return Asked(api, body["session_id"], body["room_name"], body["participant_token"])


async def started_by_token(api: Api) -> Asked:
    body = (await api.http.post("/api/token", json={})).json()
    name = body["room_name"]
    return Asked(api, name.removeprefix("parley-"), name, body["participant_token"])


async def by_webhook(asked: Asked, reason: str) -> None:
    asked.api.rooms.live.clear()
    asked.webhook("room_finished", asked.ending(reason).to_json())


async def by_metadata(asked: Asked, reason: str) -> None:
    asked.api.rooms.live[asked.room_name].metadata = asked.ending(reason)
    await asked.api.backend.sweep.sweep()


async def by_metadata_of_a_room_that_went(asked: Asked, reason: str) -> None:
    await by_metadata(asked, reason)
    asked.api.rooms.live.clear()


async def by_its_bot(asked: Asked, reason: str) -> None:
    asked.api.rooms.live[asked.room_name].said_end = reason
    await asked.api.backend.sweep.sweep()
    asked.api.rooms.live.clear()


async def by_note_at_the_next_look(asked: Asked, reason: str) -> None:
    asked.api.rooms.live.clear()
    asked.api.rooms.ends[asked.session_id] = reason
    await asked.api.backend.sweep.sweep()
    asked.api.rooms.ends.clear()


async def by_note_for_who_asks(asked: Asked, reason: str) -> None:
    asked.api.rooms.live.clear()
    asked.api.rooms.ends[asked.session_id] = reason


async def by_note_after_all_seemed_lost(asked: Asked, reason: str) -> None:
    await asked.api.backend.sweep.sweep()
    asked.api.rooms.live.clear()
    for _ in range(3):
        await asked.api.backend.sweep.sweep()
    assert (await asked.answer())["reason"] == "ended"
    asked.api.rooms.ends[asked.session_id] = reason
    await asked.api.backend.sweep.sweep()


_Way = Callable[[Asked, str], Awaitable[None]]
_WAYS: list[_Way] = [
    by_webhook,
    by_metadata,
    by_metadata_of_a_room_that_went,
    by_its_bot,
    by_note_at_the_next_look,
    by_note_for_who_asks,
    by_note_after_all_seemed_lost,
]


@pytest.mark.promise(
    "Rooms", "Who asks for the state of a session that has ended is told why it ended."
)
@pytest.mark.parametrize("comes", _WAYS)
async def test_every_reason_reaches_who_asks(comes: _Way) -> None:
    for reason in EndReason:
        async with open_api() as api:
            asked = await started(api)
            assert (await asked.answer())["state"] == "live"
            await comes(asked, reason.value)
            told = {"state": "ended", "reason": reason.value}
            assert await asked.answer() == told
            # And so it stays, whatever is seen later.
            api.rooms.live.clear()
            api.rooms.ends.clear()
            asked.webhook("room_finished", asked.ending("error").to_json())
            for _ in range(3):
                await api.backend.sweep.sweep()
            assert await asked.answer() == told


@pytest.mark.promise(
    "Rooms", "Who asks for the state of a session that has ended is told why it ended."
)
async def test_reason_once_read_from_the_note_outlasts_the_note() -> None:
    async with open_api() as api:
        asked = await started(api)
        await by_note_for_who_asks(asked, "time_limit")
        await asked.answer()
        api.rooms.ends.clear()
        assert await asked.answer() == {"state": "ended", "reason": "time_limit"}


_IDLE = RoomEndReason.ROOM_END_IDLE_TIMEOUT
_PEOPLE = {
    "caller": ParticipantInfo(kind=ParticipantInfo.Kind.STANDARD),
    "bot": ParticipantInfo(kind=ParticipantInfo.Kind.AGENT, attributes={"parley.job": "AJ_1"}),
}


@pytest.mark.promise(
    "Rooms", "Who asks for the state of a session that has ended is told why it ended."
)
@pytest.mark.parametrize(
    ("came", "reason"), [("caller", "caller_left"), ("bot", "never_joined"), (None, "never_joined")]
)
async def test_room_that_ran_empty_tells_whether_its_caller_ever_came(
    came: str | None, reason: str
) -> None:
    async with open_api() as api:
        asked = await started(api)
        if came:
            asked.webhook("participant_joined", participant=_PEOPLE[came])
        api.rooms.live.clear()
        asked.webhook("room_finished", room_end_reason=_IDLE)
        assert await asked.answer() == {"state": "ended", "reason": reason}


@pytest.mark.promise(
    "Rooms", "Who asks for the state of a session that has ended is told why it ended."
)
@pytest.mark.parametrize(
    "metadata", ["nonsense", "[1]", "null", '"x"', '{"end_reason": 7}', '{"end_reason": "<b>x"}']
)
async def test_room_without_a_reason_that_can_be_read_has_ended_all_the_same(metadata: str) -> None:
    async with open_api() as api:
        asked = await started(api)
        api.rooms.live.clear()
        asked.webhook("room_finished", metadata)
        assert await asked.answer() == {"state": "ended", "reason": "ended"}


@pytest.mark.promise(
    "Rooms", "Who asks for the state of a session that has ended is told why it ended."
)
async def test_call_of_a_token_that_is_over_is_not_one_that_has_yet_to_begin() -> None:
    async with open_api() as api:
        asked = await started_by_token(api)
        assert await asked.answer() == {"state": "starting", "reason": None}
        # As its holder's joining does.
        await api.rooms.create(RoomPlan(agent_name="parley", session_id=asked.session_id))
        await api.backend.sweep.sweep()
        assert (await asked.answer())["state"] == "live"
        api.rooms.live.clear()
        assert await asked.answer() == {"state": "ended", "reason": "ended"}


# --- rooms of others

_ID = "0123456789abcdef0123"


@pytest.mark.promise("Rooms", "Rooms that are not ours change nothing here.")
@pytest.mark.parametrize(
    "name",
    [
        "",
        "lobby",
        _ID,
        f"parley{_ID}",
        f"other-{_ID}",
        f"parley-two-{_ID}",
        f"my-parley-{_ID}",
        f"parley-{_ID}.ended",
        f"parley-{_ID}0",
        f"parley-{_ID.upper()}",
        "parley-lobby",
    ],
)
async def test_no_event_of_a_foreign_room_does_anything(name: str) -> None:
    async with open_api(max_sessions=1) as api:
        mine = await started(api)
        calls: list[str] = []

        async def note(call: str) -> None:
            calls.append(call)

        api.rooms.on_request = note
        others = Asked(api, _ID, name, "")
        for metadata in ("", RoomMetadata(session_id=mine.session_id, end_reason="idle").to_json()):
            for event in ("room_started", "room_finished"):
                others.webhook(event, metadata, room_end_reason=_IDLE)
            for event in ("participant_joined", "participant_left"):
                for person in _PEOPLE.values():
                    others.webhook(event, metadata, participant=person)
        for session_id in (_ID, name, name.rpartition("-")[2]):
            assert api.backend.records.find(session_id) is None
        assert not api.backend.watch.is_watching(_ID)
        assert calls == []
        assert (await mine.answer())["state"] == "live"


@pytest.mark.promise("Rooms", "Rooms that are not ours change nothing here.")
async def test_event_of_another_session_or_person_leaves_a_parked_room_alone() -> None:
    async with open_api(parked_bots=1) as api:
        for _ in range(2):
            await api.backend.parking.tend()
        waiting = api.backend.parking.ready_count
        for name in (f"other-{_ID}", f"parley-{_ID}", "lobby"):
            gone = Asked(api, _ID, name, "")
            gone.webhook("participant_left", participant=_PEOPLE["bot"])
            gone.webhook("room_finished")
        for name in api.rooms.live:
            # Somebody who looks at the room with a tool of LiveKit's, say.
            Asked(api, "", name, "").webhook("participant_left", participant=_PEOPLE["caller"])
        assert api.backend.parking.ready_count == waiting


@pytest.mark.promise("Rooms", "A parked room is no call: it is not counted, and gets one bot.")
async def test_events_of_a_parked_room_neither_admit_it_nor_send_a_second_bot() -> None:
    async with open_api(parked_bots=1, max_sessions=1) as api:
        api.rooms.bot_of_new_rooms = BotState.ABSENT
        await api.backend.parking.tend()
        (room,) = api.rooms.live.values()
        asked = Asked(api, room.plan.session_id, room.plan.room_name, "")
        asked.webhook("room_started", room.plan.metadata)
        await api.backend.sweep.sweep()
        assert not api.backend.watch.is_watching(asked.session_id)
        assert api.backend.records.find(asked.session_id) is None
