from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from pipecat.frames.frames import Frame, TTSAudioRawFrame

from processors.text_to_speech.shelf.folder import ShelfFolder
from processors.text_to_speech.shelf.openers import Openers, phrases
from processors.text_to_speech.shelf.shelf import (
    LOAD_SECS,
    LOOK_AGAIN_SECS,
    KeptSpeechFrame,
    Shelf,
    WholeSpeechFrame,
)
from tests.spoken_sound import RATE_HZ, pcm
from tests.virtual_time import run_in_virtual_time

NEW = pcm()[::-1]


async def at_once(work: Callable[[], Any]) -> Any:
    return work()


class Voice:
    """Makes speech, runs the shelf's tasks, and counts what it was asked for."""

    def __init__(
        self,
        path: Path,
        *,
        of: str = "vendor",
        in_thread: Callable[[Callable[[], Any]], Coroutine[Any, Any, Any]] = at_once,
    ) -> None:
        folder = ShelfFolder(path, limit_bytes=10**7)
        openers = Openers(clauses=phrases("sure"))
        self.shelf = Shelf(folder, openers=openers, of=of, in_thread=in_thread)
        self.settings: dict[str, Any] = {"voice": "one", "speed": None}
        self.made = 0
        self.audio = pcm()

    def create_task(self, coroutine: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        return asyncio.create_task(coroutine, name=name)

    async def cancel_task(self, task: asyncio.Task[None]) -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def open(self) -> Voice:
        await self.shelf.open(self, lambda: [self.settings])
        return self

    async def speech(self) -> AsyncGenerator[Frame]:
        self.made += 1
        for start in range(0, len(self.audio), 2880):
            yield TTSAudioRawFrame(self.audio[start : start + 2880], RATE_HZ, 1)

    async def says(
        self, text: str = "Sure,", *, kept_silence_ms: int = 10, is_fresh: bool = False
    ) -> bytes:
        """Return what is heard of it; the shelf is told that it was spoken."""
        heard = b""
        made = self.shelf.speech(
            text, self.speech(), kept_silence_ms=kept_silence_ms, is_fresh=is_fresh
        )
        async with aclosing(made) as frames:
            async for frame in frames:
                if isinstance(frame, WholeSpeechFrame):
                    frame.keep()
                elif isinstance(frame, TTSAudioRawFrame):
                    heard += frame.audio
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return heard


async def test_what_was_spoken_is_heard_again_without_being_made(tmp_path: Path) -> None:
    first = await Voice(tmp_path).open()
    assert [await first.says(), await first.says()] == [pcm()] * 2
    assert first.made == 1
    later = await Voice(tmp_path).open()
    later.audio = NEW
    assert await later.says() == pcm()
    assert later.made == 0


async def test_what_is_kept_says_so_ahead_of_its_audio(tmp_path: Path) -> None:
    voice = await Voice(tmp_path).open()
    await voice.says()
    said = voice.shelf.speech("Sure,", voice.speech(), kept_silence_ms=10, is_fresh=False)
    kinds = [type(frame) async for frame in said]
    assert kinds[0] is KeptSpeechFrame
    assert set(kinds[1:]) == {TTSAudioRawFrame}


@pytest.mark.promise(
    "Text-to-speech",
    "Kept speech is never that of another voice, model, server, speed or language.",
)
@pytest.mark.parametrize(
    "change",
    [
        {"of": "other vendor"},
        {"settings": {"voice": "two", "speed": None}},
        {"settings": {"voice": "one", "speed": 1.2}},
        {"text": "Sure!"},
        {"kept_silence_ms": 150},
        {"is_fresh": True},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_another_voice_or_text_is_made(tmp_path: Path, change: dict[str, Any]) -> None:
    await (await Voice(tmp_path).open()).says()
    voice = await Voice(tmp_path, of=change.pop("of", "vendor")).open()
    # It may also be told so in mid-call.
    voice.settings = change.pop("settings", voice.settings)
    voice.audio = NEW
    assert await voice.says(**change) == NEW


async def test_what_was_made_before_the_voice_was_changed_is_not_kept(tmp_path: Path) -> None:
    voice = await Voice(tmp_path).open()
    made = voice.shelf.speech("Sure,", voice.speech(), kept_silence_ms=10, is_fresh=False)
    async for frame in made:
        voice.settings["voice"] = "two"
        assert not isinstance(frame, WholeSpeechFrame)


@pytest.mark.promise(
    "Memory",
    "Of what is said in a call no speech is kept but that of a closed list: openers that are the "
    "same in every call, and the bot's own lines.",
)
async def test_what_is_not_on_the_list_leaves_no_trace(tmp_path: Path) -> None:
    voice = await Voice(tmp_path / "shelf").open()
    for text in ("Anna,", "Sure, Anna.", "5,"):
        for _ in range(3):
            await voice.says(text)
    assert voice.made == 9
    assert not (tmp_path / "shelf").exists()


async def test_speech_that_is_cut_or_was_not_spoken_is_not_kept(tmp_path: Path) -> None:
    voice = await Voice(tmp_path).open()
    for count in (1, 99):
        made = voice.shelf.speech("Sure,", voice.speech(), kept_silence_ms=10, is_fresh=False)
        async with aclosing(made) as frames:
            async for _ in frames:
                if count == 1:
                    break
    assert await voice.says()
    assert voice.made == 3


def test_a_disk_that_hangs_holds_no_call_up(tmp_path: Path) -> None:
    async def hang(_: Callable[[], Any]) -> Any:
        await asyncio.sleep(1e6)

    async def main() -> None:
        voice = await Voice(tmp_path, in_thread=hang).open()
        assert asyncio.get_running_loop().time() == pytest.approx(LOAD_SECS)
        assert [await voice.says(), await voice.says()] == [pcm()] * 2
        # In memory it is kept all the same.
        assert voice.made == 1
        await voice.shelf.close()

    run_in_virtual_time(main())


def test_what_others_keep_meanwhile_is_found_too(tmp_path: Path) -> None:
    async def main() -> None:
        voice, other = await Voice(tmp_path).open(), await Voice(tmp_path).open()
        await other.says()
        await asyncio.sleep(LOOK_AGAIN_SECS)
        # It is not waited for; any text that may be kept has it looked for.
        await voice.says("sure")
        voice.audio = NEW
        assert await voice.says() == pcm()

    run_in_virtual_time(main())
