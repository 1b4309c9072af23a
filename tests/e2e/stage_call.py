"""The page against a bot that a test plays: real page, HTTP API, room and browser, no models."""

from __future__ import annotations

import asyncio
import json
import re
import wave
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import jwt
import numpy as np
from livekit import rtc
from livekit.api import LiveKitAPI
from livekit.protocol.room import DeleteRoomRequest, ListRoomsRequest
from playwright.async_api import ConsoleMessage, Page, Response, Route, ViewportSize

from bot.http.api import build_api
from bot.http.backend import open_backend
from bot.http.health import PartsHealth
from bot.http.listener import bind, url_of
from bot.http.server import open_http_server
from bot.livekit.access import LiveKitAccess
from bot.livekit.server import LiveKitServer
from bot.settings import Settings
from tests.conformance.stage_bot import RATE_HZ, StageBot
from tests.installed_browser import open_chromium, speaking
from tests.waiting import until

HEARD_HZ = 16_000
TONE_HZ = 440
_LIMIT_SECS = 20.0
_LOUD_RMS = 100.0
# The SDK's own lines when a call ends before the recording of its beginning was sent, and when the
# server closes the room's channels a moment before it says that the room is over.
LEFT_WHILE_SENDING = "error sending preconnect buffer"
ROOM_CLOSED = ("DataChannel error on ", "publisher data channel ")
# Before anything of the page runs: notes what it writes anywhere, and which tracks it sends.
_WATCH = """
    window.written = [];
    const note = (...parts) => window.written.push(JSON.stringify(parts));
    for (const method of ["debug", "log", "info", "warn", "error"]) {
        const say = console[method];
        console[method] = (...parts) => { note(...parts); say.apply(console, parts); };
    }
    const watch = (owner, method) => {
        const real = owner[method];
        owner[method] = function (...parts) { note(...parts); return real.apply(this, parts); };
    };
    watch(Storage.prototype, "setItem");
    watch(IDBObjectStore.prototype, "put");
    watch(IDBObjectStore.prototype, "add");
    watch(Cache.prototype, "put");
    watch(CacheStorage.prototype, "open");
    watch(History.prototype, "pushState");
    watch(History.prototype, "replaceState");
    window.senders = [];
    const addTransceiver = RTCPeerConnection.prototype.addTransceiver;
    RTCPeerConnection.prototype.addTransceiver = function (...parts) {
        const transceiver = addTransceiver.apply(this, parts);
        window.senders.push(transceiver.sender);
        return transceiver;
    };
    window.sentDevices = () => window.senders
        .map(({ track }) => track)
        .filter((track) => track?.kind === "audio" && track.readyState === "live")
        .map((track) => track.getSettings().deviceId);
"""

IS_HEARD = """() => {
    const isPlaying = (element) =>
        !element.paused && !element.muted && element.volume > 0 && element.srcObject;
    const element = [...document.querySelectorAll("audio")].find(isPlaying);
    if (!element) return false;
    if (window.ear?.stream !== element.srcObject) {
        const context = new AudioContext();
        const analyser = context.createAnalyser();
        context.createMediaStreamSource(element.srcObject).connect(analyser);
        window.ear = { analyser, stream: element.srcObject };
    }
    const samples = new Float32Array(window.ear.analyser.fftSize);
    window.ear.analyser.getFloatTimeDomainData(samples);
    if (Math.max(...samples) <= 0.05) return false;
    // What is switched off may still be heard for a moment.
    window.ear.sinceMs ??= performance.now();
    return performance.now() - window.ear.sinceMs > 1000;
}"""
"""Whether a sound of the bot comes out of the page now."""


class HearingBot(StageBot):
    """A bot that keeps what the caller sends, as 16-bit mono PCM."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.heard = bytearray()
        self.recordings: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self.room.on("track_subscribed", self._listen)

    async def close(self) -> None:
        """Listen no longer."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def beep(self) -> None:
        """Play a tone until it is cancelled."""
        samples = np.arange(RATE_HZ // 50)
        tone = (8_000 * np.sin(2 * np.pi * TONE_HZ * samples / RATE_HZ)).astype(np.int16)
        while True:
            frame = rtc.AudioFrame(tone.tobytes(), RATE_HZ, 1, len(tone))
            await self.source.capture_frame(frame)

    def recent(self, secs: float) -> np.ndarray[Any, np.dtype[np.int16]]:
        """Return what was heard last."""
        return np.frombuffer(bytes(self.heard), np.int16)[-int(secs * HEARD_HZ) :]

    async def hears(self, *, is_loud: bool, secs: float = 0.5) -> None:
        """Wait until the caller's line is loud, or is silent for so long."""

        async def is_so() -> bool:
            samples = self.recent(secs)
            if len(samples) < secs * HEARD_HZ:
                return False
            loudest = np.abs(samples.astype(np.float32)).max()
            return bool(loudest > _LOUD_RMS) is is_loud

        await until(is_so, limit_secs=_LIMIT_SECS)

    def _listen(
        self,
        track: rtc.Track,
        publication: rtc.RemoteTrackPublication,
        _: rtc.RemoteParticipant,
    ) -> None:
        self._tasks += [
            asyncio.create_task(self._keep(track)),
            asyncio.create_task(self._hear_early(publication)),
        ]

    async def _keep(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream(track, sample_rate=HEARD_HZ, num_channels=1)
        try:
            async for event in stream:
                self.heard += event.frame.data.tobytes()
        finally:
            await stream.aclose()

    async def _hear_early(self, publication: rtc.RemoteTrackPublication) -> None:
        await self.recordings.put(await self.pre_connect_audio.audio_before(publication))


class StageCall:
    """One browser page and the bot of its call."""

    def __init__(self, *, page: Page, address: str, server: LiveKitServer) -> None:
        self.page = page
        self.address = address
        self.errors: list[str] = []
        self._is_room_closed = False
        self.token = ""
        self._room_name = ""
        self.answers: list[tuple[str, bool]] = []
        self.is_asking = True
        """Whether an answer is still waited for when it comes."""
        self.bot: HearingBot
        self._server = server
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    async def click(self, name: str) -> None:
        # A click where one has just been is taken for the second half of a double one.
        await self.page.get_by_role("button", name=name).press("Enter")

    async def resize(self, size: ViewportSize) -> None:
        """Give the page another size, and wait until it is laid out in that."""
        await self.page.set_viewport_size(size)
        # The page is told of its height a frame later than of its width.
        await self.page.wait_for_function(
            "({ width, height }) => innerWidth === width"
            " && document.querySelector('.page').clientHeight === height",
            arg=size,
        )

    async def sees(self, words: str) -> None:
        """Wait until the page shows these words."""
        await self.page.get_by_text(re.compile(words)).first.wait_for(timeout=_LIMIT_SECS * 1000)

    async def sent_devices(self) -> list[str]:
        """Return the microphones whose tracks are sent."""
        return await self.page.evaluate("window.sentDevices()")

    @asynccontextmanager
    async def begins(
        self, *, button: str = "Start talking", says_ready: bool = True
    ) -> AsyncGenerator[HearingBot]:
        """Press the button, and be the bot of the call that begins."""
        # By its request: the answer to one that was given up before may still be on its way.
        async with self.page.expect_request("**/api/sessions") as asked:
            await self.click(button)
        started = await (await asked.value).response()
        assert started is not None
        async with self.joins(started) as bot:
            if says_ready:
                await self.page.get_by_role("group", name="Call controls").wait_for()
            yield bot

    @asynccontextmanager
    async def joins(self, started: Response) -> AsyncGenerator[HearingBot]:
        """Be the bot of the session that the page was given."""
        session = await started.json()
        self.token = session["participant_token"]
        self._room_name = session["room_name"]
        async with self.another_bot() as bot:
            yield bot

    @asynccontextmanager
    async def another_bot(self) -> AsyncGenerator[HearingBot]:
        """Be a bot of the call that is on."""
        claims = jwt.decode(self.token, options={"verify_signature": False})
        bot = HearingBot(
            server=self._server,
            room_name=self._room_name,
            caller_identity=claims["sub"],
            on_tool_answer=self._take_answer,
        )
        self.bot = bot
        async with bot:
            try:
                bot.audience.tell(lambda to: to.began())
                yield bot
            finally:
                await bot.close()

    async def end_room(self) -> None:
        """Delete the room, as the bot does at the very end."""
        self._is_room_closed = True
        key, secret = self._server.api_key, self._server.api_secret.get_secret_value()
        async with LiveKitAPI(self._server.url, key, secret) as api:
            await api.room.delete_room(DeleteRoomRequest(room=self.bot.room.name))

    async def hold_session(self, *, until_true: str) -> None:
        """Let the server answer only once a condition holds in the page."""

        async def answer(route: Route) -> None:
            await self.page.wait_for_function(until_true)
            await route.continue_()

        await self.page.route("**/api/sessions", answer)

    async def written(self) -> str:
        """Return everything the page has written anywhere, as one text."""
        noted: list[str] = await self.page.evaluate("window.written")
        kept = await self.page.context.storage_state(indexed_db=True)
        places: list[str] = await self.page.evaluate("""async () => [
            location.href, document.cookie, JSON.stringify(history.state), document.title,
            document.documentElement.outerHTML, JSON.stringify({ ...sessionStorage }),
            JSON.stringify({ ...localStorage }), ...(await caches.keys()),
        ]""")
        return "\n".join([*noted, json.dumps(kept), *places])

    async def _take_answer(self, call_id: str, is_yes: bool) -> bool:
        self.answers.append((call_id, is_yes))
        return self.is_asking

    def _note(self, message: ConsoleMessage) -> None:
        expected = (LEFT_WHILE_SENDING, *(ROOM_CLOSED if self._is_room_closed else ()))
        # A call that goes well has nothing to say to a developer either.
        is_told = message.type in ("error", "info", "log")
        if is_told and not message.text.startswith(expected):
            self.errors.append(message.text)


def write_beeps(path: Path) -> None:
    """Write what every microphone hears: a tone that comes and goes, as no noise does."""
    rate_hz = 48_000
    time_secs = np.arange(rate_hz) / rate_hz
    tone = 8_000 * np.sin(2 * np.pi * TONE_HZ * time_secs) * (time_secs % 0.25 < 0.18)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(tone.astype(np.int16).tobytes())


@asynccontextmanager
async def open_stage(
    server: LiveKitServer, *, microphone: Path, **changes: int | str
) -> AsyncGenerator[StageCall]:
    """Serve the page as the runner does, with real rooms, and open it in a fresh browser."""
    settings = Settings.model_validate({"parked_bots": 0, "agent_name": "nobody", **changes})
    access = LiveKitAccess(url=server.url, api_key=server.api_key, api_secret=server.api_secret)

    async def look() -> PartsHealth:
        return PartsHealth()

    backend = open_backend(settings=settings, livekit=access, join_link=None, look_at_parts=look)
    async with backend as opened, open_chromium(*speaking(microphone)) as browser:
        app = build_api(settings=settings, backend=opened)
        with bind("127.0.0.1", 0) as listener:
            async with open_http_server(app, listener=listener):
                try:
                    context = await browser.new_context(permissions=["microphone"])
                    page = await context.new_page()
                    await page.add_init_script(_WATCH)
                    call = StageCall(page=page, address=url_of(listener), server=server)
                    await page.goto(call.address)
                    yield call
                finally:
                    await browser.close()
                    await _leave_no_room(server, prefix=f"{settings.agent_name}-")


async def _leave_no_room(server: LiveKitServer, *, prefix: str) -> None:
    """A browser that is closed hangs up nowhere, and the next test would find the lines taken."""
    async with LiveKitAPI(server.url, server.api_key, server.api_secret.get_secret_value()) as api:
        found = await api.room.list_rooms(ListRoomsRequest())
        for room in found.rooms:
            if room.name.startswith(prefix):
                await api.room.delete_room(DeleteRoomRequest(room=room.name))
