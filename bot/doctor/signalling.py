"""LiveKit's websocket, joined as a client does: it tells where sound goes and who relays it."""

from __future__ import annotations

import contextlib
import re
import secrets
import ssl
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from google.protobuf.message import DecodeError
from livekit.api import AccessToken, VideoGrants
from livekit.protocol.agent_dispatch import RoomAgentDispatch
from livekit.protocol.room import RoomConfiguration
from livekit.protocol.rtc import SignalRequest, SignalResponse
from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException

from bot.doctor.names import Place
from bot.lan.given import judging_context
from bot.networks import parsed_address

_PROTOCOL = 9
"""The last in which the server offers a line to whoever only listens, and so names its places."""
_TTL = timedelta(seconds=60)
_ID_BYTES = 10
_LAST_PORT = 65_535
# RFC 8839, 5.4: at least 4 and 22 characters.
_UFRAG_BYTES, _PASSWORD_BYTES = 4, 16
_CANDIDATE = re.compile(
    r"candidate:\S+ \d+ (?P<kind>udp|tcp) \d+ (?P<address>\S+) (?P<port>\d{1,5}) typ host",
    re.IGNORECASE,
)
_ANSWER = (
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n{group}"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\n"
    "a=setup:active\r\na=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\n"
    "a=fingerprint:sha-256 {fingerprint}\r\na=sctp-port:5000\r\n"
)
# Nobody goes on to encryption.
_NO_FINGERPRINT = ":".join(["00"] * 32)


class NoLineError(Exception):
    """There is no way in; the message is a sentence with its fix."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Where the server takes sound."""

    is_tcp: bool
    address: str
    port: int


@dataclass(frozen=True, kw_only=True)
class Relay:
    """A TURN server, and what opens it for a while."""

    url: str
    username: str
    password: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """What the server has told. Its places answer as long as the line is open."""

    candidates: Sequence[Candidate]
    relays: Sequence[Relay]
    username: str
    """Of questions to a candidate."""
    password: str


@contextlib.asynccontextmanager
async def open_line(
    url: str, place: Place, *, api_key: str, api_secret: SecretStr, agent_name: str
) -> AsyncGenerator[Line]:
    """Join a room of our own, without a bot, while the block runs.

    Raises:
        NoLineError: it cannot be joined.
    """
    token = _token(api_key, api_secret, agent_name)
    asked = f"access_token={token}&protocol={_PROTOCOL}&auto_subscribe=0&sdk=python"
    is_secure = url.startswith("wss:")
    try:
        async with connect(
            f"{url}/rtc?{asked}",
            host=place.addresses[0],
            port=place.port,
            ssl=judging_context() if is_secure else None,
            proxy=None,
            open_timeout=None,
            close_timeout=0.5,
        ) as socket:
            yield await _line(socket)
    except InvalidStatus as error:
        raise NoLineError(_why_refused(error.response.status_code)) from error
    except ssl.SSLError as error:
        raise NoLineError("its certificate is not taken: see there") from error
    except (InvalidHandshake, WebSocketException, DecodeError) as error:
        raise NoLineError("what answers there is no LiveKit: where does the proxy lead?") from error
    except OSError as error:
        raise NoLineError(
            f"nothing answers at port {place.port}: let the proxy pass it on to LiveKit"
        ) from error


def place_of(url: str) -> Place:
    """Return where a websocket's address leads."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme in ("wss", "https") else 80)
    return Place(host=parts.hostname or "", port=port)


def _why_refused(status: int) -> str:
    match status:
        case 401:
            return (
                "it refuses our key: LIVEKIT_API_KEY and LIVEKIT_API_SECRET must be those of its "
                "own `keys`, and the clocks the same"
            )
        case 404:
            return "HTTP 404: let the proxy pass on /rtc, and LiveKit make rooms (auto_create)"
        case 502 | 503 | 504:
            return f"the proxy does not reach LiveKit (HTTP {status}): is it started?"
        case _:
            return (
                f"HTTP {status} in place of a websocket: the proxy must pass on `Upgrade`, and "
                "lead to LiveKit"
            )


def _token(api_key: str, api_secret: SecretStr, agent_name: str) -> str:
    # As bot/rooms/check_rooms.py names them: the runner takes such rooms for none of its own.
    room = f"{agent_name}-{secrets.token_hex(_ID_BYTES)}.check"
    config = RoomConfiguration(
        name=room,
        max_participants=1,
        empty_timeout=1,
        departure_timeout=1,
        # Without a name LiveKit would send every worker that has none.
        agents=[RoomAgentDispatch(agent_name=room)],
    )
    grants = VideoGrants(
        room_join=True, room=room, can_publish=False, can_publish_data=False, can_subscribe=True
    )
    return (
        AccessToken(api_key, api_secret.get_secret_value())
        .with_identity("doctor")
        .with_ttl(_TTL)
        .with_grants(grants)
        .with_room_config(config)
        .to_jwt()
    )


async def _line(socket: ClientConnection) -> Line:
    """Read until the server has told all, and answer its offer."""
    relays: list[Relay] = []
    candidates: list[Candidate] = []
    offer, is_told = "", False
    ours = (secrets.token_hex(_UFRAG_BYTES), secrets.token_hex(_PASSWORD_BYTES))
    while not (offer and is_told):
        message = SignalResponse()
        message.ParseFromString(_binary(await socket.recv()))
        match message.WhichOneof("message"):
            case "join":
                relays = [
                    Relay(url=url, username=one.username, password=one.credential)
                    for one in message.join.ice_servers
                    for url in one.urls
                    if url.startswith(("turn:", "turns:")) and url.isprintable()
                ]
            case "offer":
                offer = message.offer.sdp
                await _answer(socket, offer, *ours)
            case "trickle":
                candidates += _candidates(message.trickle.candidateInit)
                is_told = is_told or message.trickle.final
            case "leave":
                raise InvalidHandshake("left at once")
            case _:
                pass
    return Line(
        candidates=[*dict.fromkeys((*candidates, *_candidates(offer)))],
        relays=relays,
        username=f"{_field(offer, 'ice-ufrag')}:{ours[0]}",
        password=_field(offer, "ice-pwd"),
    )


def _binary(data: str | bytes) -> bytes:
    if isinstance(data, str):
        raise DecodeError("text")
    return data


async def _answer(socket: ClientConnection, offer: str, ufrag: str, password: str) -> None:
    mid = _field(offer, "mid")
    request = SignalRequest()
    request.answer.type = "answer"
    request.answer.sdp = _ANSWER.format(
        group=f"a=group:BUNDLE {mid}\r\n",
        mid=mid,
        ufrag=ufrag,
        password=password,
        fingerprint=_NO_FINGERPRINT,
    )
    await socket.send(request.SerializeToString())


def _candidates(text: str) -> list[Candidate]:
    return [
        Candidate(
            is_tcp=one["kind"].lower() == "tcp", address=one["address"], port=int(one["port"])
        )
        for one in _CANDIDATE.finditer(text)
        # A name would be asked for in a thread that holds up the end of the program.
        if int(one["port"]) <= _LAST_PORT and parsed_address(one["address"])
    ]


def _field(sdp: str, name: str) -> str:
    found = re.search(rf"^a={name}:(\S+)", sdp, re.MULTILINE)
    return found[1] if found else ""
