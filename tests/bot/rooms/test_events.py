"""LiveKit's webhook, made up and real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from livekit import rtc
from livekit.protocol.models import ParticipantInfo, Room, RoomEndReason
from livekit.protocol.webhook import WebhookEvent

from bot.errors import RoomError
from bot.http.api import build_api
from bot.http.backend import Backend, open_backend
from bot.http.health import PartsHealth
from bot.http.listener import bind, url_of
from bot.http.server import open_http_server
from bot.livekit.access import LiveKitAccess
from bot.livekit.config import LiveKitPorts
from bot.livekit.server import open_livekit_server
from bot.rooms.plan import RoomMetadata, RoomPlan, new_session_id
from bot.rooms.rooms import BotState
from bot.rooms.tokens import Caller
from bot.settings import Settings
from tests.bot.http.api_client import Api, open_api
from tests.fake_bot import FakeBots
from tests.virtual_time import run_in_virtual_time
from tests.waiting import until

_CALLER = ParticipantInfo(kind=ParticipantInfo.Kind.STANDARD)
_BOT = ParticipantInfo(kind=ParticipantInfo.Kind.AGENT, attributes={"parley.job": "AJ_1"})


def a_plan() -> RoomPlan:
    return RoomPlan(agent_name="parley", session_id=new_session_id())


def finished(plan: RoomPlan, **given: object) -> WebhookEvent:
    room = Room(name=plan.room_name, metadata=plan.metadata)
    return WebhookEvent(event="room_finished", room=room, **given)  # pyright: ignore[reportArgumentType]


def reason_of(api: Api, plan: RoomPlan) -> str | None:
    record = api.backend.records.find(plan.session_id)
    return record.end_reason if record else None


@pytest.mark.parametrize(("has_joined", "reason"), [(True, "caller_left"), (False, "never_joined")])
async def test_room_that_ran_empty_says_who_was_missing(has_joined: bool, reason: str) -> None:
    async with open_api() as api:
        plan = a_plan()
        if has_joined:
            room = Room(name=plan.room_name)
            joined = WebhookEvent(event="participant_joined", room=room, participant=_CALLER)
            api.backend.events.handle(joined)
        end = RoomEndReason.ROOM_END_IDLE_TIMEOUT
        api.backend.events.handle(finished(plan, room_end_reason=end))
        assert reason_of(api, plan) == reason


@pytest.mark.promise("Lost bots", "An agent of another program is taken for no bot of ours.")
@pytest.mark.parametrize("who", [_BOT, ParticipantInfo(kind=_BOT.kind)], ids=["ours", "another"])
async def test_parked_room_is_given_up_when_its_bot_leaves(who: ParticipantInfo) -> None:
    async with open_api(parked_bots=1) as api:
        for _ in range(2):
            await api.backend.parking.tend()
        ready_count = api.backend.parking.ready_count
        assert ready_count
        for name in api.rooms.live:
            room = Room(name=name)
            event = WebhookEvent(event="participant_left", room=room, participant=who)
            api.backend.events.handle(event)
        assert api.backend.parking.ready_count == (0 if who is _BOT else ready_count)


@pytest.mark.promise("Lost bots", "A bot that is lost in a call is replaced at once.")
@pytest.mark.parametrize(
    ("told", "is_replaced"),
    [({}, True), ({"end_reason": "goodbye"}, False), ({"is_parked": True}, False)],
    ids=["in a call", "at its end", "before it"],
)
async def test_bot_that_leaves_is_replaced_in_mid_call_only(
    told: dict[str, Any], is_replaced: bool
) -> None:
    async with open_api() as api:
        plan = a_plan()
        await api.rooms.create(plan)
        api.rooms.live[plan.room_name].bot = BotState.ABSENT
        metadata = RoomMetadata(session_id=plan.session_id, **told)
        room = Room(name=plan.room_name, metadata=metadata.to_json())
        event = WebhookEvent(event="participant_left", room=room, participant=_BOT)
        api.backend.events.handle(event)
        assert api.backend.watch.is_watching(plan.session_id) is is_replaced


@pytest.mark.promise("Lost bots", "A bot that is lost in a call is replaced at once.")
@pytest.mark.promise("Lost bots", "A call whose bot dies while it ends has ended as it said.")
@pytest.mark.parametrize("reason", ["goodbye", "error"])
async def test_bot_that_leaves_after_its_goodbye_is_not_replaced(reason: str) -> None:
    async with open_api() as api:
        plan = a_plan()
        await api.rooms.create(plan)
        room = Room(name=plan.room_name, metadata=plan.metadata)
        bot = ParticipantInfo()
        bot.CopyFrom(_BOT)
        bot.attributes["parley.end_reason"] = reason
        event = WebhookEvent(event="participant_left", room=room, participant=bot)
        api.backend.events.handle(event)
        # Whoever is cancelled as its worker dies tells of an error, and has not said goodbye.
        has_ended = reason == "goodbye"
        assert api.backend.watch.is_watching(plan.session_id) is not has_ended
        assert api.backend.records.has_ended(plan.session_id) is has_ended
        await api.backend.sweep.sweep()
        assert (plan.room_name in api.rooms.live) is not has_ended


@pytest.mark.promise("Limits", "Rooms of tokens beyond MAX_SESSIONS are ended, and no others.")
async def test_room_that_a_token_made_beyond_capacity_is_ended() -> None:
    async with open_api(max_sessions=1) as api:
        plans = [a_plan(), a_plan()]
        for plan in plans:
            await api.rooms.create(plan)
            room = Room(name=plan.room_name, metadata=plan.metadata)
            api.backend.events.handle(WebhookEvent(event="room_started", room=room))

        async def is_one_left() -> bool:
            return list(api.rooms.live) == [plans[0].room_name]

        await until(is_one_left)
        assert reason_of(api, plans[1]) == "error"


@pytest.mark.promise("Rooms", "A room without a bot gets one.")
@pytest.mark.parametrize("is_counted", [True, False])
def test_room_that_a_token_made_gets_its_bot_though_livekit_does_not_count(
    is_counted: bool,
) -> None:
    async def story() -> None:
        async with open_api(max_sessions=1) as api:
            plan = a_plan()
            api.rooms.bot_of_new_rooms = BotState.ABSENT
            await api.rooms.create(plan)

            async def refuse(call: str) -> None:
                if call == "survey" and not is_counted:
                    raise RoomError("livekit_unreachable", "The LiveKit server is silent.")

            api.rooms.on_request = refuse
            room = Room(name=plan.room_name, metadata=plan.metadata)
            api.backend.events.handle(WebhookEvent(event="room_started", room=room))
            await asyncio.sleep(0.5)
            # The first one is of making the room.
            assert api.rooms.live[plan.room_name].dispatches == 2

    run_in_virtual_time(story())


@pytest.mark.promise("Rooms", "No request about a room that is gone brings it back as a call.")
@pytest.mark.parametrize("is_joined", [True, False])
async def test_room_that_nobody_has_made_gets_a_bot_once_somebody_is_in_it(
    *, is_joined: bool
) -> None:
    async with open_api() as api:
        plan = a_plan()
        api.rooms.bring_back(plan)
        room = Room(name=plan.room_name)
        api.backend.events.handle(WebhookEvent(event="room_started", room=room))
        if is_joined:
            who = ParticipantInfo(identity=plan.caller_identity)
            event = WebhookEvent(event="participant_joined", room=room, participant=who)
            api.backend.events.handle(event)
        for _ in range(100):
            await asyncio.sleep(0)
        assert api.rooms.live[plan.room_name].dispatches == is_joined


@pytest.mark.promise("Rooms", "No request about a room that is gone brings it back as a call.")
async def test_room_that_its_deletion_makes_once_more_is_no_call() -> None:
    async with open_api() as api:
        plan = a_plan()
        over = RoomMetadata(session_id=plan.session_id, end_reason="goodbye")
        room = Room(name=plan.room_name, metadata=over.to_json())
        api.backend.events.handle(WebhookEvent(event="room_started", room=room))
        for _ in range(100):
            await asyncio.sleep(0)
        assert not api.backend.watch.is_watching(plan.session_id)
        assert api.backend.records.find(plan.session_id) is None


@pytest.mark.promise("Rooms", "A room whose session has ended is deleted and gets no other bot.")
@pytest.mark.parametrize("who", [_BOT, ParticipantInfo(identity="caller")], ids=["bot", "caller"])
async def test_room_that_somebody_brings_back_is_deleted_at_once(who: ParticipantInfo) -> None:
    async with open_api() as api:
        plan = a_plan()
        api.backend.records.note_ended(plan.session_id, "caller_left")
        await api.rooms.create(plan)
        room = Room(name=plan.room_name)
        event = WebhookEvent(event="participant_joined", room=room, participant=who)
        api.backend.events.handle(event)

        async def is_gone() -> bool:
            return not api.rooms.live

        await until(is_gone)


@asynccontextmanager
async def real_backend(settings: Settings) -> AsyncGenerator[tuple[Backend, LiveKitAccess]]:
    """A backend whose webhook is called by a LiveKit server of its own."""

    async def look_at_parts() -> PartsHealth:
        return PartsHealth()

    with bind("127.0.0.1", 0) as listener:
        server = open_livekit_server(
            settings,
            webhook_url=f"{url_of(listener)}/api/livekit/webhook",
            ports=LiveKitPorts(http=0, media_udp=0),
        )
        async with server as livekit:
            access = LiveKitAccess(
                url=livekit.url, api_key=livekit.api_key, api_secret=livekit.api_secret
            )
            backend = open_backend(
                settings=settings, livekit=access, join_link=None, look_at_parts=look_at_parts
            )
            async with backend as opened:
                app = build_api(settings=settings, backend=opened)
                async with open_http_server(app, listener=listener):
                    yield opened, access


async def test_real_server_tells_how_a_session_went(settings: Settings) -> None:
    async with (
        real_backend(settings) as (backend, livekit),
        FakeBots(
            url=livekit.url,
            api_key=livekit.api_key,
            api_secret=livekit.api_secret.get_secret_value(),
            agent_name=settings.agent_name,
        ),
    ):
        started = await backend.sessions.start(caller=Caller())
        plan, authorization = started.plan, f"Bearer {started.token.jwt}"
        room = rtc.Room()
        await room.connect(livekit.url, started.token.jwt)
        ending = RoomMetadata(session_id=plan.session_id, end_reason="goodbye")
        await backend.rooms.set_metadata(plan.room_name, ending)
        await backend.rooms.delete(plan.room_name)

        async def is_known() -> bool:
            _, reason = await backend.own_session.state(
                plan.session_id, authorization=authorization
            )
            return reason == "goodbye"

        await until(is_known)
        await asyncio.wait_for(room.disconnect(), 5.0)
