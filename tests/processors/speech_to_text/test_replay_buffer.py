from __future__ import annotations

from processors.speech_to_text.replay_buffer import ReplayBuffer


def filled(*chunks: bytes, max_bytes: int = 100) -> ReplayBuffer:
    buffer = ReplayBuffer(max_bytes=max_bytes)
    for chunk in chunks:
        buffer.append(chunk)
    return buffer


def test_everything_unsettled_is_given_to_a_new_connection() -> None:
    buffer = filled(b"aa", b"bb")
    assert buffer.audio_after(buffer.start_stream()) == b"aabb"


def test_settled_audio_is_forgotten() -> None:
    buffer = filled(b"aa", b"bb", b"cc")
    buffer.settle(4)
    assert buffer.audio_after(buffer.start_stream()) == b"cc"


def test_a_chunk_that_is_only_partly_settled_is_kept() -> None:
    buffer = filled(b"aa", b"bb")
    buffer.settle(3)
    assert buffer.audio_after(0) == b"bb"


def test_positions_of_a_new_connection_count_from_its_first_audio() -> None:
    buffer = filled(b"aa", b"bb")
    buffer.settle(2)
    buffer.start_stream()
    buffer.append(b"cc")
    assert buffer.settle_stream(2) == 4
    assert buffer.audio_after(0) == b"cc"


def test_audio_that_comes_during_a_replay_follows_it() -> None:
    buffer = filled(b"aa")
    position = buffer.start_stream()
    assert buffer.audio_after(position) == b"aa"
    position = buffer.end_bytes
    buffer.append(b"bb")
    assert buffer.audio_after(position) == b"bb"


def test_the_oldest_audio_is_forgotten_beyond_the_limit() -> None:
    buffer = filled(b"aa", b"bb", b"cc", max_bytes=4)
    assert buffer.audio_after(0) == b"bbcc"
    assert buffer.size_bytes == 4


def test_settling_more_than_there_is_empties_the_buffer() -> None:
    buffer = filled(b"aa")
    buffer.settle(99)
    buffer.append(b"bb")
    assert buffer.audio_after(0) == b"bb"
