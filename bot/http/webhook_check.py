"""Tries whether a LiveKit server that runs elsewhere calls our webhook."""

from __future__ import annotations

import asyncio

from livekit.protocol.room import DeleteRoomRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.errors import LaunchError, RoomError
from bot.http.listener import bind, url_of
from bot.http.server import open_http_server
from bot.livekit.access import WEBHOOK_PATH
from bot.livekit.server_api import limited, open_api
from bot.rooms.end_note import create_end_note_request
from bot.rooms.plan import RoomPlan, new_session_id
from bot.rooms.tokens import TokenError, Tokens
from bot.rooms.watch.sweep import SWEEP_SECS
from bot.settings import Settings

_LIMIT_SECS = 3.0


async def look_for_webhook(settings: Settings) -> tuple[str, str]:
    """Return what there is to say about the webhook, and what to do if it is not called.

    It is no condition: without it the runner learns all of it a few seconds later.
    """
    if not settings.livekit_url:
        return "the LiveKit server here will call our webhook", ""
    try:
        with bind(settings.host, settings.port) as listener:
            url = url_of(listener) + WEBHOOK_PATH
            webhook = _Webhook(settings)
            async with open_http_server(webhook.app, listener=listener):
                is_called = await webhook.is_called()
    except (LaunchError, RoomError) as error:
        return f"the webhook of LiveKit could not be tried: {error.message}", ""
    if is_called:
        return "LiveKit calls our webhook", ""
    what = f"LiveKit does not call our webhook: ends of calls are known {SWEEP_SECS:g} s later"
    key = settings.livekit_api_key
    fix = f"add to LiveKit's own settings: webhook: {{api_key: {key}, urls: [{url}]}}"
    return what, f"{fix}, with an address at which it reaches this machine"


class _Webhook:
    """Listens for the beginning of one room, which it makes and takes away."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tokens = Tokens(
            api_key=settings.livekit_api_key,
            api_secret=settings.livekit_api_secret,
            session_max_secs=settings.session_max_secs,
        )
        plan = RoomPlan(agent_name=settings.agent_name, session_id=new_session_id())
        self._request = create_end_note_request(
            plan.room_name, session_id=plan.session_id, reason="ended"
        )
        self._is_called = asyncio.Event()
        self.app = Starlette(routes=[Route(WEBHOOK_PATH, self._take, methods=["POST"])])

    async def is_called(self) -> bool:
        """Make the room and wait for the call about it.

        Raises:
            RoomError: LiveKit does not make it.
        """
        settings = self._settings
        async with open_api(
            url=settings.livekit_url,
            api_key=settings.livekit_api_key,
            api_secret=settings.livekit_api_secret,
        ) as api:
            await limited(api.room.create_room(self._request))
            try:
                async with asyncio.timeout(_LIMIT_SECS):
                    await self._is_called.wait()
            except TimeoutError:
                pass
            finally:
                await limited(api.room.delete_room(DeleteRoomRequest(room=self._request.name)))
        return self._is_called.is_set()

    async def _take(self, request: Request) -> Response:
        signature = request.headers.get("authorization", "")
        try:
            event = self._tokens.check_webhook(signature, await request.body())
        except TokenError:
            return Response(status_code=401)
        if event.room.name == self._request.name:
            self._is_called.set()
        return Response(status_code=204)
