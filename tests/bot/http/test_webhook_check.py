from __future__ import annotations

import asyncio
import base64
import hashlib
import json

import httpx
import pytest
from livekit.api import AccessToken, LiveKitAPI
from livekit.protocol.room import ListRoomsRequest

from bot.http.listener import bind, url_of
from bot.http.webhook_check import look_for_webhook
from bot.livekit.access import WEBHOOK_PATH
from bot.livekit.config import LiveKitPorts
from bot.livekit.server import LiveKitServer, open_livekit_server
from bot.settings import Settings
from tests.waiting import until


def _settings_for(livekit: LiveKitServer, *, port: int) -> Settings:
    return Settings.model_validate(
        {
            "livekit_url": livekit.url,
            "livekit_api_key": livekit.api_key,
            "livekit_api_secret": livekit.api_secret.get_secret_value(),
            "port": port,
        }
    )


def _free_address() -> tuple[str, int]:
    with bind("127.0.0.1", 0) as listener:
        return url_of(listener), listener.getsockname()[1]


async def _call_falsely(livekit: LiveKitServer, url: str) -> None:
    """Call the webhook about another room, and about the right one without the right key."""
    secret = livekit.api_secret.get_secret_value()
    async with LiveKitAPI(livekit.url, livekit.api_key, secret) as api, httpx.AsyncClient() as http:

        async def calls(name: str, key: str) -> int:
            body = json.dumps({"event": "room_started", "room": {"name": name}}).encode()
            token = AccessToken(livekit.api_key, key)
            token.claims.sha256 = base64.b64encode(hashlib.sha256(body).digest()).decode()
            headers = {"Authorization": token.to_jwt()}
            return (await http.post(url, content=body, headers=headers)).status_code

        async def is_made() -> bool:
            return bool(await rooms_of_ours(api))

        await until(is_made)
        (name,) = await rooms_of_ours(api)
        assert await calls("parley-lobby", secret) == 204
        assert await calls(name, "x" * 40) == 401


async def rooms_of_ours(api: LiveKitAPI) -> list[str]:
    names = [room.name for room in (await api.room.list_rooms(ListRoomsRequest())).rooms]
    return [name for name in names if name.startswith("parley-")]


@pytest.mark.promise(
    "Doctor", "Doctor tells whether LiveKit calls our webhook, and leaves no room."
)
async def test_a_server_that_does_not_call_is_named_with_what_to_write_where(
    livekit_server: LiveKitServer,
) -> None:
    url, port = _free_address()
    (what, fix), _ = await asyncio.gather(
        look_for_webhook(_settings_for(livekit_server, port=port)),
        _call_falsely(livekit_server, url + WEBHOOK_PATH),
    )
    secret = livekit_server.api_secret.get_secret_value()
    async with LiveKitAPI(livekit_server.url, livekit_server.api_key, secret) as api:
        assert await rooms_of_ours(api) == []
    assert "does not call" in what
    assert url + WEBHOOK_PATH in fix
    assert livekit_server.api_key in fix
    assert livekit_server.api_secret.get_secret_value() not in fix


@pytest.mark.promise(
    "Doctor", "Doctor tells whether LiveKit calls our webhook, and leaves no room."
)
async def test_a_server_that_calls_is_well(settings: Settings) -> None:
    url, port = _free_address()
    server = open_livekit_server(
        settings, webhook_url=url + WEBHOOK_PATH, ports=LiveKitPorts(http=0, media_udp=0)
    )
    async with server as livekit:
        what, fix = await look_for_webhook(_settings_for(livekit, port=port))
    assert (what, fix) == ("LiveKit calls our webhook", "")


async def test_a_taken_port_or_a_server_that_is_away_is_no_verdict(
    livekit_server: LiveKitServer,
) -> None:
    with bind("127.0.0.1", 0) as listener:
        taken = listener.getsockname()[1]
        what, _ = await look_for_webhook(_settings_for(livekit_server, port=taken))
    assert "could not be tried" in what
    settings = _settings_for(livekit_server, port=0)
    away = settings.model_copy(update={"livekit_url": "ws://127.0.0.1:9"})
    what, _ = await look_for_webhook(away)
    assert "could not be tried" in what


async def test_the_server_of_this_machine_is_set_up_by_the_runner(settings: Settings) -> None:
    assert (await look_for_webhook(settings))[1] == ""
