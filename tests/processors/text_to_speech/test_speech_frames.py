from __future__ import annotations

import array

from processors.text_to_speech.speech_frames import SpeechFrames

RATE_HZ = 24_000
MS = 2 * RATE_HZ // 1000


def sound(ms: int) -> bytes:
    return array.array("h", [4000] * (RATE_HZ * ms // 1000)).tobytes()


def cutter() -> SpeechFrames:
    return SpeechFrames(sample_rate_hz=RATE_HZ)


def test_first_frame_waits_for_sixty_milliseconds() -> None:
    frames = cutter()
    assert frames.feed(sound(50)) == []
    assert [len(frame) // MS for frame in frames.feed(sound(10))] == [60]


def test_later_frames_go_out_from_twenty_milliseconds() -> None:
    frames = cutter()
    frames.feed(sound(60))
    assert frames.feed(sound(10)) == []
    assert [len(frame) // MS for frame in frames.feed(sound(15))] == [20]


def test_a_burst_is_cut_into_frames_of_at_most_sixty_milliseconds() -> None:
    assert [len(frame) // MS for frame in cutter().feed(sound(150))] == [60, 60, 20]


def test_a_short_utterance_comes_out_whole_at_the_end() -> None:
    frames = cutter()
    assert frames.feed(sound(15)) == []
    assert frames.finish() == [sound(15)]


def test_samples_split_across_chunks_are_joined() -> None:
    audio = sound(100)
    frames = cutter()
    got = b"".join(b"".join(frames.feed(audio[i : i + 7])) for i in range(0, len(audio), 7))
    assert got + b"".join(frames.finish()) == audio


def test_an_odd_last_byte_is_dropped() -> None:
    frames = cutter()
    got = frames.feed(sound(40) + b"\x01")
    assert b"".join(got + frames.finish()) == sound(40)


def test_silence_alone_gives_nothing() -> None:
    frames = cutter()
    assert frames.feed(bytes(300 * MS)) == []
    assert frames.finish() == []


def test_more_silence_than_any_provider_sends_is_passed_on() -> None:
    frames = cutter()
    got = b"".join(b"".join(frames.feed(bytes(20 * MS))) for _ in range(60))
    assert 0 < len(got) < 1200 * MS


def test_a_soft_onset_keeps_its_last_ten_milliseconds_of_silence() -> None:
    frames = cutter()
    assert b"".join(frames.feed(bytes(100 * MS) + sound(90))) == bytes(10 * MS) + sound(90)


def test_a_voice_at_1_2_times_real_time_never_runs_dry() -> None:
    frames = cutter()
    arrived_ms = played_until_ms = 0.0
    gaps_ms: list[float] = []
    for piece in range(200):
        arrived_ms = (piece + 1) * 20 / 1.2
        for frame in frames.feed(sound(20)):
            if played_until_ms:
                gaps_ms.append(max(0.0, arrived_ms - played_until_ms))
            played_until_ms = max(played_until_ms, arrived_ms) + len(frame) / MS
    assert max(gaps_ms) == 0.0
