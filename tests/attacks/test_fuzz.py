"""Whatever bytes come, over HTTP or on the session channel: nothing breaks, and nothing is left."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from google.protobuf.message import Message as ProtobufMessage
from hypothesis import given, settings
from hypothesis import strategies as st
from livekit.protocol.agent_pb import agent_session as pb

from processors.agent_protocol.session_feed import SessionFeed
from processors.agent_protocol.session_host import SessionHost
from processors.allowance import CallerAllowance
from processors.floor import Floor
from processors.room.inbox import DEAF_SECS
from tests.attacks.http_server import HEALTH, Served, served
from tests.fake_room import CALLER, FakeRoom, settle
from tests.fake_stream import FakeReader
from tests.virtual_time import run_in_virtual_time

_KEY = "correct horse battery"
_PATIENCE_SECS = 0.1
_MOST_ANSWER_BYTES = 256 * 1024
_SETTINGS: dict[str, dict[str, Any]] = {
    "open": {},
    "key": {"access": "key", "access_key": _KEY},
}

_TEXT = st.text(max_size=20)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)
_FIELDS = st.sampled_from(
    (
        *("participant_name", "participant_metadata", "participant_attributes", "join_code"),
        *("room_config", "room_name", "agents", "key", "event", "participant_identity"),
    )
)
_BODIES = (
    st.dictionaries(_FIELDS | _TEXT, _JSON, max_size=4).map(lambda body: json.dumps(body).encode())
    | _JSON.map(lambda body: json.dumps(body).encode())
    | st.binary(max_size=200)
    | st.sampled_from((b"", b"{}", b"[" * 9000, b'{"key":' * 2000, b"\xff\xfe", b" " * 17_000))
)
_PATHS = st.sampled_from(
    (
        *("/", "/api", "/api/", "/api/health", "/api/access", "/api/sessions", "/api/token"),
        *("/api/connection-details", "/api/livekit/webhook", f"/api/sessions/{'0' * 20}"),
        *("/api/sessions/%00", "/api/sessions/../token", "/api//sessions", "//evil.example/api"),
        *(
            "/%2e%2e/%2e%2e/etc/passwd",
            "/favicon.ico",
            "*",
            "http://evil.example/api/token",
            "/?a=b",
        ),
    )
) | _TEXT.map(lambda text: f"/{text}")
_METHODS = st.sampled_from(
    ("GET", "POST", "DELETE", "HEAD", "PUT", "OPTIONS", "TRACE", "CONNECT", "get", "GE T", "")
)
_HEADERS = st.dictionaries(
    st.sampled_from(
        (
            *("Authorization", "Cookie", "Content-Type", "Idempotency-Key", "Origin", "Host"),
            *("X-Forwarded-For", "Forwarded", "Sec-Fetch-Site", "Upgrade", "Connection"),
            *("Expect", "Transfer-Encoding", "Content-Length", "Range", "Remote-User"),
        )
    )
    | _TEXT,
    st.sampled_from(
        (
            *("", "Bearer", "Bearer x.y.z", f"Bearer {_KEY}", "Basic Zm9v", "application/json"),
            *("null", "http://evil.example", "127.0.0.1", "localhost:1", "chunked", "websocket"),
            *(
                "for=[::1]:9;proto=https",
                "1.2.3.4, 5.6.7.8",
                "100-continue",
                "bytes=0-,0-,0-",
                "-1",
            ),
            *("-1", "parley_access=x", "cross-site", "99999999999999999999"),
        )
    )
    | _TEXT,
    max_size=5,
)


@dataclass(frozen=True)
class Sent:
    """What one stranger sends."""

    data: bytes
    cut: int
    """So many bytes come late, in a piece of their own."""


@st.composite
def _requests(draw: st.DrawFn) -> Sent:
    body = draw(_BODIES)
    method, path = draw(_METHODS), draw(_PATHS)
    headers = {
        "Host": "127.0.0.1",
        "Content-Type": "application/json",
        "Connection": "close",
    }
    match draw(st.sampled_from(("right", "right", "right", "long", "short", "none", "chunked"))):
        case "right":
            headers["Content-Length"] = str(len(body))
        case "long":
            headers["Content-Length"] = str(len(body) + 7)
        case "short":
            headers["Content-Length"] = str(len(body) // 2)
        case "chunked":
            headers["Transfer-Encoding"] = "chunked"
            body = draw(
                st.sampled_from((b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body), b"zz\r\n", body))
            )
        case _:
            pass
    headers |= draw(_HEADERS)
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    data = f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode(errors="surrogateescape") + body
    return Sent(data, draw(st.integers(0, len(data))))


@dataclass(frozen=True)
class Target:
    """A server in a thread of its own."""

    portal: BlockingPortal
    server: Served

    def send(self, sent: Sent) -> bytes:
        """Send, and return what comes; whoever has sent half a request leaves after a moment."""
        with socket.create_connection((self.server.host, self.server.port)) as wire:
            wire.settimeout(_PATIENCE_SECS)
            answer = bytearray()
            with suppress(BrokenPipeError, ConnectionResetError, TimeoutError):
                wire.sendall(sent.data[: sent.cut])
                wire.sendall(sent.data[sent.cut :])
                while chunk := wire.recv(65536):
                    answer += chunk
        return bytes(answer)

    def tasks(self) -> int:
        """Count what runs in the server's loop."""
        return self.portal.call(_count_tasks)


async def _count_tasks() -> int:
    return len(asyncio.all_tasks())


@pytest.fixture(params=_SETTINGS)
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """Serve the real API, on fake rooms."""

    opened = served(max_sessions=3, **_SETTINGS[request.param])
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(opened) as server:
        yield Target(portal, server)


@pytest.mark.promise("Starting a call", "Whatever bytes are sent, the server goes on as before.")
def test_no_request_breaks_the_server(target: Target) -> None:
    assert _statuses(target.send(Sent(HEALTH, 0)))
    tasks = target.tasks()

    @settings(max_examples=120, deadline=None, derandomize=True)
    @given(_requests())
    def attack(sent: Sent) -> None:
        answer = target.send(sent)
        for status in _statuses(answer):
            assert status < 500 or status == 503, answer[:300]

    attack()
    assert _statuses(target.send(Sent(HEALTH, 0)))
    assert target.server.api.count() <= 3
    # What is tidied up after a start has its time; nothing is there for each request.
    assert target.tasks() <= tasks + 3 * 3


def _statuses(answer: bytes) -> list[int]:
    """Return the statuses of all answers on a connection."""
    heads = [piece for piece in answer.split(b"HTTP/1.1 ")[1:] if piece[:3].isdigit()]
    return [int(head[:3]) for head in heads]


# --- the session channel


@dataclass(frozen=True)
class Mutation:
    """A request that a client could make, and what a hostile one does to its bytes."""

    data: bytes
    sender: str


_SENDERS = st.sampled_from((CALLER, CALLER, "listener", ""))
_FIELDS_OF_REQUEST = [field.name for field in pb.SessionRequest.DESCRIPTOR.fields]


@st.composite
def _messages(draw: st.DrawFn) -> Mutation:
    request = pb.SessionRequest(request_id=draw(_TEXT.filter(_is_encodable)))
    name = draw(st.sampled_from(_FIELDS_OF_REQUEST))
    part = getattr(request, name)
    if isinstance(part, ProtobufMessage):
        part.SetInParent()
        if name == "run_input":
            part.text = draw(_TEXT.filter(_is_encodable)) * draw(st.sampled_from((1, 500)))  # pyright: ignore
    data = bytearray(pb.AgentSessionMessage(request=request).SerializeToString())
    for place, byte in draw(
        st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=3)
    ):
        if place < len(data):
            data[place] = byte
    data += draw(st.binary(max_size=8))
    whole = draw(st.sampled_from((bytes(data), bytes(data[: len(data) // 2]), b"\x0a" * 70_000)))
    return Mutation(whole, draw(_SENDERS))


def _is_encodable(text: str) -> bool:
    return text.isascii() or not any(0xD800 <= ord(char) <= 0xDFFF for char in text)


@pytest.mark.promise(
    "Captions and clients", "Whatever is sent on the session channel, the call goes on."
)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(_messages(), max_size=12))
def test_no_message_breaks_the_session_channel(messages: list[Mutation]) -> None:
    run_in_virtual_time(_attack_channel(messages))


async def _attack_channel(messages: list[Mutation]) -> None:
    room, submitted, now_secs = FakeRoom(), list[str](), 1_000.0

    async def submit(text: str) -> bool:
        submitted.append(text)
        return True

    feed = SessionFeed(room=room.room, clock_secs=lambda: now_secs)
    host = SessionHost(
        room=room.room,
        feed=feed,
        floor=Floor(),
        caller_identity=lambda: CALLER,
        allowance=CallerAllowance(clock_secs=lambda: now_secs),
        submit_text=submit,
        agent_id="parley",
        tools=["weather"],
        clock_secs=lambda: now_secs,
    )
    for message in messages:
        # A topic that is left has no handler, and LiveKit drops what comes.
        if take := room.stream_handlers.get("lk.agent.session"):
            take(FakeReader(message.data), message.sender)
    await settle()
    # A topic that was flooded is left for a moment.
    await asyncio.sleep(DEAF_SECS + 1.0)
    now_secs += 3_600.0
    request = pb.SessionRequest(request_id="last")
    request.ping.SetInParent()
    data = pb.AgentSessionMessage(request=request).SerializeToString()
    room.stream_handlers["lk.agent.session"](FakeReader(data), CALLER)
    await settle()
    sent = room.local_participant.sent_bytes
    answers = [pb.AgentSessionMessage.FromString(data).response for _, data, _ in sent]
    assert answers[-1].request_id == "last"
    assert sum(len(data) for _, data, _ in sent) <= _MOST_ANSWER_BYTES
    # Nobody but the caller is answered.
    assert {to for _, _, everybody in sent for to in everybody or ()} <= {CALLER}
    await host.close()
    assert len(asyncio.all_tasks()) == 1
