from __future__ import annotations

import pytest
from pipecat.frames.frames import Frame, TTSAudioRawFrame

from processors.frames import SpokenWord, SpokenWordsFrame
from processors.text_to_speech.shelf.clip import Clip
from tests.spoken_sound import RATE_HZ, pcm

WORDS = (SpokenWord("of", 0.0), SpokenWord("course", 0.2))
CLIP = Clip(pcm(), RATE_HZ, WORDS)
FILE = CLIP.to_bytes("name", made_at_secs=5.0)


def audio(secs: float, rate_hz: int = RATE_HZ) -> TTSAudioRawFrame:
    return TTSAudioRawFrame((pcm() * 20)[: 2 * int(secs * RATE_HZ)], rate_hz, 1)


def test_a_clip_is_what_was_made_to_the_sample() -> None:
    frames: list[Frame] = [
        SpokenWordsFrame([WORDS[0]]),
        TTSAudioRawFrame(pcm()[:1000], RATE_HZ, 1),
        SpokenWordsFrame([WORDS[1]]),
        TTSAudioRawFrame(pcm()[1000:], RATE_HZ, 1),
    ]
    assert Clip.of_frames(frames, "Of course,") == CLIP
    said = CLIP.frames()
    assert isinstance(said[0], SpokenWordsFrame)
    assert tuple(said[0].words) == WORDS
    assert b"".join(f.audio for f in said if isinstance(f, TTSAudioRawFrame)) == pcm()
    assert all(a is not b for a, b in zip(said, CLIP.frames(), strict=True))


@pytest.mark.promise(
    "Text-to-speech",
    "Speech is kept only if it can be the whole of its text and no more.",
)
@pytest.mark.parametrize(
    "frames",
    [
        [],
        [TTSAudioRawFrame(bytes(48_000), RATE_HZ, 1)],
        [audio(0.1)],
        [audio(4.0)],
        [audio(0.4), audio(0.4, 16_000)],
    ],
    ids=["nothing", "silence", "its beginning", "babble behind it", "two rates"],
)
def test_what_cannot_be_the_whole_of_a_text_is_no_clip(frames: list[Frame]) -> None:
    assert Clip.of_frames(frames, "Of course,") is None


def test_what_is_too_long_is_no_clip() -> None:
    text = "word " * 25
    assert Clip.of_frames([audio(7.0)], text)
    assert Clip.of_frames([audio(9.0)], text) is None


def test_a_file_gives_the_clip_back_and_when_it_was_made() -> None:
    assert Clip.from_bytes(FILE, "name") == (CLIP, 5.0)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "name"),
        (FILE[:20], "name"),
        (FILE[:-2], "name"),
        (FILE + b"\x00\x00", "name"),
        (FILE[:9000] + b"\x01" + FILE[9001:], "name"),
        (FILE, "another"),
        (bytes(len(FILE)), "name"),
        (b"RIFF" + FILE, "name"),
    ],
    ids=["empty", "head", "short", "long", "changed", "of another text", "zeros", "foreign"],
)
def test_a_file_that_is_not_whole_is_no_clip(data: bytes, name: str) -> None:
    assert Clip.from_bytes(data, name) is None
