"""Every setting of every vendor, from the environment to what the vendor's server receives."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import unquote

import pytest
from aiohttp import web
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    LLMContextFrame,
    TTSSpeakFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext

from bot.call.services import build_language_model, build_speech_to_text, build_text_to_speech
from bot.settings import Settings, load_settings
from bot.stages.questions.question import FAILURES, question_of
from bot.stages.stage import Stage
from bot.stages.table import stages_of
from bot.stages.vendor import Vendor
from bot.stages.vendors import (
    LANGUAGE_MODEL,
    SPEECH_TO_TEXT,
    TEXT_TO_SPEECH,
    VENDORS,
    VendorSettings,
)
from tests.fake_pipeline import FakePipeline, open_fake_pipeline
from tools.runtime.runtime import ToolRuntime

_LIMIT_SECS = 9.0
"""Less than a server that is not the vendor's own is given where nothing is set."""

# What is set for each that would mean nothing to its own client, or another thing to the test.
_MODELS = {"ASSEMBLYAI_MODEL": "universal-3-6-pro-mine", "ELEVENLABS_MODEL": "eleven_flash_v2_5"}
# By whom the language is not told: it is heard, or the voice is called by it.
_UNTOLD = {("text_to_speech", name) for name in ("openai", "deepgram", "local")}


@dataclass
class Wire:
    """A server of any protocol: it keeps all it is sent, and refuses, keeps silent or is gone."""

    url: str = ""
    is_silent: bool = False
    is_gone: bool = False
    texts: list[str] = field(default_factory=list[str])
    requests: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Keep a request, or what a websocket brings."""
        # What only warms the connection asks for nothing.
        self.requests += request.path != "/models"
        self._keep(f"{unquote(request.path_qs)} {dict(request.headers)}")
        if self.is_gone:
            return web.Response(status=502)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            async for message in socket:
                if isinstance(message.data, str):
                    self._keep(message.data)
            return socket
        self._keep((await request.read()).decode(errors="replace"))
        if self.is_silent:
            await asyncio.Event().wait()
        return web.json_response({"error": {"message": "no"}}, status=404)

    def _keep(self, text: str) -> None:
        self.texts.append(text)
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until it holds; it is looked at whenever something comes."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LIMIT_SECS):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        assert condition(), self.text

    async def until_told(self, *marks: str) -> None:
        """Wait until all of these have come."""
        await self.until(lambda: all(mark in self.text for mark in marks))

    @property
    def text(self) -> str:
        return "\n".join(self.texts)


@asynccontextmanager
async def open_wire() -> AsyncGenerator[Wire]:
    wire = Wire()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", wire.take)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    wire.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield wire
    finally:
        await runner.cleanup()


def given_for(vendor: Vendor, url: str) -> dict[str, str]:
    """Return every setting that a vendor reads, and the keys of all others, to none of whom the
    one key belongs."""
    keys = {key: f"key-in-{key}" for one in VENDORS for key in (one.key, one.shared_key) if key}
    names = {vendor.model: "model", vendor.voice: "voice"}
    marks = {name: _MODELS.get(name, f"{kind}-in-{name}") for name, kind in names.items() if name}
    return {**keys, **marks, vendor.address: url, vendor.kind.setting: vendor.name}


def marks_of(vendor: Vendor, given: dict[str, str], *, is_own: bool = True) -> list[str]:
    """Return what its server must receive."""
    names = (vendor.key if is_own else vendor.shared_key, vendor.model, vendor.voice)
    return [given[name] for name in names if name]


def read(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> Settings:
    """Return the settings as a start reads them."""
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return load_settings(None)


def spoken() -> list[Frame]:
    second = [InputAudioRawFrame(bytes(640), 16_000, 1) for _ in range(50)]
    return [VADUserStartedSpeakingFrame(), *second, VADUserStoppedSpeakingFrame()]


def asked() -> list[Frame]:
    return [LLMContextFrame(LLMContext(messages=[{"role": "user", "content": "Hello."}]))]


@asynccontextmanager
async def working(vendor: Vendor, settings: Settings) -> AsyncGenerator[FakePipeline]:
    """Have the stage of a call do its work once."""
    if vendor.kind == SPEECH_TO_TEXT:
        service, frames = build_speech_to_text(settings), spoken()
    elif vendor.kind == LANGUAGE_MODEL:
        tools = ToolRuntime(tools=[], resources={})
        service, frames = build_language_model(settings, tools=tools), asked()
    else:
        service, frames = build_text_to_speech(settings), [TTSSpeakFrame("Hello there.")]
    async with open_fake_pipeline(service) as pipeline:
        for frame in frames:
            await pipeline.send(frame)
        yield pipeline


async def question(stage: Stage, wire: Wire, *marks: str) -> None:
    asking = asyncio.create_task(question_of(stage).ask(stage, limit_secs=_LIMIT_SECS))
    try:
        await wire.until_told(*marks)
    finally:
        asking.cancel()
        with suppress(asyncio.CancelledError, *FAILURES):
            await asking


each = pytest.mark.parametrize("vendor", VENDORS, ids=lambda row: f"{row.kind.field}-{row.name}")


@pytest.mark.promise("Settings", "Every setting reaches the part it is for.")
@pytest.mark.promise("Settings", "A key goes to the address it was given for and nowhere else.")
@each
async def test_a_vendor_gets_in_a_call_what_is_set_for_it_and_nobody_elses_key(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_wire() as wire:
        # An attempt that fails is over soon.
        given = given_for(vendor, wire.url) | {"LANGUAGE": "fr", vendor.kind.patience: "0.5"}
        settings = read(monkeypatch, given)
        told = [] if (vendor.kind.field, vendor.name) in _UNTOLD else [language_of(vendor)]
        async with working(vendor, settings):
            await wire.until_told(*marks_of(vendor, given), *told)
        foreign = re.findall(r"key-in-\w+", wire.text)
        assert set(foreign) == ({given[vendor.key]} if vendor.key else set())


@pytest.mark.promise("Doctor", "Doctor asks each stage in use as a call does, with its key.")
@each
async def test_doctor_asks_a_vendor_with_what_is_set_for_it(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_wire() as wire:
        given = given_for(vendor, wire.url)
        stage = getattr(stages_of(read(monkeypatch, given)), vendor.kind.field)
        await question(stage, wire, *marks_of(vendor, given))
        foreign = re.findall(r"key-in-\w+", wire.text)
        assert set(foreign) == ({given[vendor.key]} if vendor.key else set())


@pytest.mark.promise("Settings", "Every setting reaches the part it is for.")
async def test_the_model_chooses_the_service_and_the_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deepgram = row("speech_to_text", "deepgram")
    async with open_wire() as wire:
        given = given_for(deepgram, wire.url) | {
            "LANGUAGE": "fr",
            "DEEPGRAM_MODEL": "flux-general-multi",
        }
        settings = read(monkeypatch, given)
        told = ("/v2/listen?", *marks_of(deepgram, given), "language_hint=fr")
        async with working(deepgram, settings):
            await wire.until_told(*told, "ForceEndTurn")
        wire.texts.clear()
        await question(stages_of(settings).speech_to_text, wire, *told)
        assert "/v1/listen" not in wire.text


@pytest.mark.promise("Settings", "A key goes to the address it was given for and nowhere else.")
@pytest.mark.parametrize("vendor", [one for one in VENDORS if one.shared_key], ids=str)
async def test_the_shared_key_goes_to_the_shared_address(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_wire() as wire:
        given = given_for(vendor, wire.url)
        del given[vendor.key], given[vendor.address]
        given[vendor.shared_address] = wire.url
        settings = read(monkeypatch, given)
        async with working(vendor, settings):
            await wire.until_told(*marks_of(vendor, given, is_own=False))


def row(kind: str, name: str) -> Vendor:
    return next(one for one in VENDORS if (one.kind.field, one.name) == (kind, name))


@pytest.mark.promise("Settings", "Every setting reaches the part it is for.")
@pytest.mark.parametrize(
    ("vendor", "setting"),
    [
        (row("speech_to_text", "openai"), "SPEECH_TO_TEXT_PATIENCE_SECS"),
        (row("language_model", "openai"), "LANGUAGE_MODEL_PATIENCE_SECS"),
        (row("language_model", "openai"), "OPENAI_LLM_PATIENCE_SECS"),
        (row("text_to_speech", "openai"), "TEXT_TO_SPEECH_PATIENCE_SECS"),
        (row("text_to_speech", "openai"), "OPENAI_TTS_PATIENCE_SECS"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_an_attempt_gets_the_patience_that_is_set(
    vendor: Vendor, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_wire() as wire:
        wire.is_silent = True
        settings = read(monkeypatch, given_for(vendor, wire.url) | {setting: "0.5"})
        # The second attempt comes, where 10 or 30 s were the first one's. Frames may wait for it.
        async with working(vendor, settings):
            async with asyncio.timeout(_LIMIT_SECS):
                await wire.until(lambda: wire.requests > 1)
            wire.is_silent = False


@pytest.mark.promise("Settings", "Every setting reaches the part it is for.")
@pytest.mark.parametrize("name", ["assemblyai", "deepgram"])
async def test_a_recogniser_that_is_gone_is_waited_for_as_long_as_is_set(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = row("speech_to_text", name)
    async with open_wire() as wire:
        wire.is_gone = True
        given = given_for(vendor, wire.url) | {"SPEECH_TO_TEXT_PATIENCE_SECS": "0.5"}
        # Where nothing is set it is given up after 8 s.
        async with working(vendor, read(monkeypatch, given)) as pipeline, asyncio.timeout(6.0):
            errors = await pipeline.until_up(ErrorFrame)
            while errors[-1].processor is None or errors[-1].processor.is_usable:
                errors = await pipeline.until_up(ErrorFrame, len(errors) + 1)


def language_of(vendor: Vendor) -> str:
    """Return French as each protocol writes it."""
    spellings: dict[tuple[str, str], str] = {
        ("speech_to_text", "assemblyai"): '["fr"]',
        ("speech_to_text", "deepgram"): "language=fr",
        ("speech_to_text", "local"): "language=en",
        ("speech_to_text", "openai"): 'name="language"\r\n\r\nfr',
        ("text_to_speech", "cartesia"): '"language": "fr"',
        ("text_to_speech", "elevenlabs"): "language_code=fr",
    }
    return spellings.get((vendor.kind.field, vendor.name), "speaks French")


def test_no_setting_of_a_vendor_is_left_out() -> None:
    rows = {name for vendor in VENDORS for name in vendor.setting_names}
    kinds = {kind.patience for kind in (SPEECH_TO_TEXT, LANGUAGE_MODEL, TEXT_TO_SPEECH)}
    assert {name.upper() for name in VendorSettings.model_fields} == rows | kinds
