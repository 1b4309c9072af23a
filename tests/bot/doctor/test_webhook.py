"""A runner at work, one of another key, somebody else, and nobody."""

from __future__ import annotations

import sys

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.doctor.finding import Finding
from bot.doctor.webhook import look_at_webhook
from bot.http.listener import bind
from bot.http.server import open_http_server
from bot.livekit.access import WEBHOOK_PATH
from bot.rooms.tokens import TokenError, Tokens
from bot.settings import Settings
from tests.bot.doctor.servers import Talk, answers, open_server, says_nothing
from tests.ports import free_port


def _settings(port: int, secret: str = "s" * 32, host: str = "127.0.0.1") -> Settings:
    return Settings.model_validate(
        {
            "port": port,
            "host": host,
            "livekit_url": f"ws://127.0.0.1:{free_port()}",
            "livekit_api_key": "k",
            "livekit_api_secret": secret,
        }
    )


@pytest.mark.parametrize(("secret", "is_well"), [("s" * 32, True), ("t" * 32, False)])
async def test_a_runner_takes_what_its_own_key_signed(secret: str, is_well: bool) -> None:
    with bind("127.0.0.1", 0) as listener:
        settings = _settings(listener.getsockname()[1])
        tokens = Tokens(api_key="k", api_secret=settings.livekit_api_secret, session_max_secs=60.0)

        async def take(request: Request) -> Response:
            try:
                tokens.check_webhook(request.headers["authorization"], await request.body())
            except TokenError:
                return Response(status_code=401)
            return Response(status_code=204)

        app = Starlette(routes=[Route(WEBHOOK_PATH, take, methods=["POST"])])
        async with open_http_server(app, listener=listener):
            (found,) = await look_at_webhook(_settings(settings.port, secret))
    assert found.is_well is is_well
    expected = "webhook: urls: [http://127.0.0.1" if is_well else "LIVEKIT_API_SECRET: restart"
    assert expected in found.fix


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere 127.0.0.2 is nobody's")
@pytest.mark.parametrize("host", ["127.0.0.2", "0.0.0.0"])
async def test_a_runner_is_asked_where_it_listens(host: str) -> None:
    app = Starlette(
        routes=[Route(WEBHOOK_PATH, lambda _: Response(status_code=204), methods=["POST"])]
    )
    with bind(host, 0) as listener:
        port = listener.getsockname()[1]
        async with open_http_server(app, listener=listener):
            (found,) = await look_at_webhook(_settings(port, host=host))
    assert found.what.startswith("the runner takes LiveKit's webhook at ") and found.is_well


@pytest.mark.parametrize(
    ("talk", "words"),
    [(says_nothing, "its log says why"), (answers(404), "something else is at that port")],
)
async def test_somebody_else_is_told(talk: Talk, words: str) -> None:
    async with open_server(talk) as place:
        (found,) = await look_at_webhook(_settings(place.port), limit_secs=0.5)
    assert (found.is_well, words in found.fix) == (False, True)


async def test_with_nobody_there_livekit_itself_is_asked() -> None:
    found = await look_at_webhook(_settings(free_port()))
    assert found == [Finding(is_well=True, what=found[0].what)]
    assert "could not be tried" in found[0].what


async def test_a_livekit_of_our_own_needs_no_look() -> None:
    assert await look_at_webhook(Settings()) == []
