"""The caller as their page is: comes back by its ticket when put out, and notes what it sees."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import httpx
from livekit import rtc

from bench import voice
from bench.caller import Caller
from bench.microphone import Utterance
from tests.chaos.assistant import Assistant
from tests.e2e.tool_watch import ToolWatch
from tests.silence import QUIET_STATES

_TROUBLE = "parley.trouble"
_TELLING = ("lk.agent.state", "parley.state", _TROUBLE, "parley.end_reason")
"""Attributes of the bot that the page turns into words."""
_POLL_SECS = 0.25
_JOIN_LIMIT_SECS = 10.0
_BOT_LIMIT_SECS = 20.0
_TYPE_LIMIT_SECS = 5.0
_OTHER_WAY_SECS = 10.0
"""For LiveKit's client to come back by itself, as the page has it (web/hooks/useWayBack.ts)."""
_LEAVE_LIMIT_SECS = 5.0
"""It may wait for a server that has lost its power."""


class Client:
    """One caller and their session, over every leg of it. Made by `open_client`."""

    def __init__(self, http: httpx.AsyncClient, *, is_light: bool) -> None:
        self.started: dict[str, Any] = {}
        self.legs: list[Caller] = []
        self.seen: list[tuple[float, str]] = []
        """What the page shows besides captions, as it changes."""
        self.is_away = False
        """Whether the page is gone, so that nobody looks and nobody comes back."""
        self.tools: ToolWatch | None = None
        self._http = http
        self.is_light = is_light
        """Whether the caller types, where nobody would understand speech."""
        self._stack = AsyncExitStack()

    @property
    def caller(self) -> Caller:
        """Who is in the room now."""
        return self.legs[-1]

    @property
    def session_id(self) -> str:
        return self.started["session_id"]

    @property
    def is_connected(self) -> bool:
        """Whether the page shows a call: what is said while it reconnects is lost."""
        is_open = self.caller.room.connection_state == rtc.ConnectionState.CONN_CONNECTED
        return is_open and self.caller.disconnect_reason is None

    async def start(self) -> None:
        """Start a session; nobody joins yet."""
        answer = await self._http.post("/api/sessions", json={})
        answer.raise_for_status()
        self.started = answer.json()

    async def join(self) -> None:
        """Join with the newest token."""
        url, token = self.started["server_url"], self.started["participant_token"]
        joining = Caller.join(url, token, timeout_secs=_JOIN_LIMIT_SECS)
        caller = await self._stack.enter_async_context(joining)
        caller.room.on("room_metadata_changed", self._note_metadata)
        caller.room.on("participant_attributes_changed", self._note_attributes)
        caller.room.on("reconnecting", lambda: self._note("reconnecting"))
        self.tools = ToolWatch(caller)
        self._stack.push_async_callback(self.tools.close)
        self.legs.append(caller)

    async def leave(self) -> None:
        """Leave the room, as a page does that is closed."""
        self.is_away = True
        await self.caller.room.disconnect()

    async def resume(self) -> str:
        """Ask for a new place once and take it; return the error's code, or an empty text."""
        body = {"resume_ticket": self.started["resume_ticket"]}
        answer = await self._http.post(f"/api/sessions/{self.session_id}/resume", json=body)
        if not answer.is_success:
            with suppress(ValueError, KeyError):
                return str(answer.json()["error"]["code"])
            return str(answer.status_code)
        self.started = {**self.started, **answer.json()}
        await self.join()
        self.is_away = False
        return ""

    async def state(self) -> tuple[str, str]:
        """Return what the API says of the session, and the reason of its end."""
        token = self.started["participant_token"]
        answer = await self._http.get(
            f"/api/sessions/{self.session_id}", headers={"Authorization": f"Bearer {token}"}
        )
        body = answer.json()
        return str(body.get("state", answer.status_code)), str(body.get("reason") or "")

    async def hang_up(self) -> None:
        """End the session, as the page's button does."""
        token = self.started["participant_token"]
        with suppress(httpx.HTTPError):
            await self._http.delete(
                f"/api/sessions/{self.session_id}", headers={"Authorization": f"Bearer {token}"}
            )

    async def keep(self) -> None:
        """Look after the connection until cancelled: as the page, whenever it is put out."""
        while not self.is_over:
            await asyncio.sleep(_POLL_SECS)
            if self.is_away or not self.legs or not self._is_put_out:
                continue
            self._note("left")
            with suppress(httpx.HTTPError, TimeoutError, rtc.ConnectError, ValueError):
                state, reason = await self.state()
                if not state.isdecimal():  # a refusal is not shown: the page asks again
                    self._note(f"{state} {reason}".strip())
                if state != "ended":
                    await asyncio.gather(self._give_up(self.caller), self.resume())

    @property
    def _is_put_out(self) -> bool:
        """Whether LiveKit's client has given up, or has tried for long enough."""
        lost_secs = self.caller.lost_secs
        is_late = lost_secs is not None and time.monotonic() - lost_secs > _OTHER_WAY_SECS
        return is_late or self.caller.disconnect_reason is not None

    async def _give_up(self, leg: Caller) -> None:
        """Have a leg try no more: it would take the place of the next one."""
        with suppress(TimeoutError):
            await asyncio.wait_for(leg.room.disconnect(), _LEAVE_LIMIT_SECS)

    @property
    def is_over(self) -> bool:
        """Whether the page has been told that the session has ended."""
        return any(what.startswith("ended") for _, what in self.seen)

    async def say(self, text: str) -> Utterance:
        """Speak, or type where nobody would understand speech; return when it is out.

        Like the page's text box, and like whoever sees the page, it waits for a bot.
        """
        with suppress(TimeoutError):
            await self.caller.wait_until(lambda: self._has_bot, _BOT_LIMIT_SECS)
        if self.is_light:
            # A room that goes takes the line with it, or holds it for ever.
            with suppress(rtc.StreamError, TimeoutError):
                async with asyncio.timeout(_TYPE_LIMIT_SECS):
                    await self.caller.type_text(text)
            now = time.monotonic()
            return Utterance(u0_secs=now, u1_secs=now, end_secs=now)
        return await self.caller.say(await asyncio.to_thread(voice.spoken, text))

    @property
    def _has_bot(self) -> bool:
        others = self.caller.room.remote_participants.values()
        return any("lk.agent.state" in other.attributes for other in others)

    async def close(self) -> None:
        """Leave every leg."""
        await self._stack.aclose()

    def loud_secs(self) -> list[float]:
        """Return when the bot was heard, on any leg."""
        return sorted(at for leg in self.legs for at in leg.recording.loud_secs())

    def captions(self, since_secs: float = 0.0) -> list[tuple[float, str]]:
        """Return what the bot's captions have shown since then, as they grew."""
        return sorted(
            (at, caption.text[:length])
            for leg in self.legs
            for caption in leg.bot_captions
            for at, length in caption.growth
            if at >= since_secs
        )

    def has_said(self, words: str, since_secs: float) -> bool:
        """Tell whether a caption has come to hold these words since then."""
        return any(words.lower() in text.lower() for _, text in self.captions(since_secs))

    def pcm(self, since_secs: float, until_secs: float | None = None) -> bytes:
        """Return what was heard between two times, leg after leg."""
        return b"".join(leg.heard(since_secs, until_secs) for leg in self.legs)

    def _note(self, what: str) -> None:
        # Turn and turn about, "left" and what the API says are told once each.
        if what not in [seen for _, seen in self.seen[-2:]]:
            self.seen.append((time.monotonic(), what))

    def _note_metadata(self, _: str, metadata: str) -> None:
        with suppress(ValueError):
            fields = json.loads(metadata)
            if fields.get("is_recovering"):
                self._note("recovering")
            if reason := fields.get("end_reason"):
                self._note(f"ended {reason}")

    def _note_attributes(self, changed: dict[str, str], _: rtc.Participant) -> None:
        for name, value in changed.items():
            is_quiet = name == "lk.agent.state" and value in QUIET_STATES
            if name in _TELLING and value and not is_quiet:
                self._note(f"{name.rpartition('.')[2]} {value}")
            elif name == _TROUBLE:
                self._note("well")


@asynccontextmanager
async def open_client(assistant: Assistant) -> AsyncGenerator[Client]:
    """Start a session and look after it; it is ended with the block."""
    opening = open_client_at(assistant.stack.base_url, is_light=assistant.is_light)
    async with opening as client:
        yield client


@asynccontextmanager
async def open_client_at(
    base_url: str, *, is_light: bool, verify: ssl.SSLContext | bool = True
) -> AsyncGenerator[Client]:
    """Do the same at any address.

    Args:
        base_url: Of the runner, or of what stands before several.
        is_light: Whether the caller types.
        verify: Whom to trust, where that is somebody whom nobody else does.
    """
    async with httpx.AsyncClient(
        base_url=base_url, timeout=10.0, trust_env=False, verify=verify
    ) as http:
        client = Client(http, is_light=is_light)
        await client.start()
        keeping = asyncio.create_task(client.keep())
        try:
            yield client
        finally:
            keeping.cancel()
            await asyncio.wait((keeping,))
            await client.hang_up()
            await client.close()
