from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.frames import SpokenWord
from processors.room.heard_text import HeardText, HeardWords

RATE_HZ = 24_000


def voice(secs: float) -> bytes:
    return (np.ones(round(RATE_HZ * secs)) * 5000).astype(np.int16).tobytes()


def silence(secs: float) -> bytes:
    return bytes(round(RATE_HZ * secs) * 2)


def spoken(heard: HeardText, text: str, audio: bytes, *, at_secs: float) -> None:
    heard.announce(text)
    heard.receive(audio)
    heard.close()
    heard.place(round(at_secs * RATE_HZ))


def at(secs: float) -> int:
    return round(secs * RATE_HZ)


def text_of(heard: list[HeardWords]) -> str:
    return "".join(words.text for words in heard)


def test_words_come_as_their_audio_starts() -> None:
    heard = HeardText(sample_rate_hz=RATE_HZ)
    spoken(heard, "aaaa bbbb cccc dddd", voice(2.0), at_secs=0)
    assert text_of(heard.release(at(0.0))) == ""
    assert text_of(heard.release(at(0.1))) == "aaaa"
    assert text_of(heard.release(at(0.3))) == ""
    assert text_of(heard.release(at(0.7))) == " bbbb"
    assert text_of(heard.release(at(2.0))) == " cccc dddd"


def test_a_pause_inside_the_audio_counts_no_words() -> None:
    heard = HeardText(sample_rate_hz=RATE_HZ)
    spoken(heard, "one, two", voice(0.5) + silence(3.0) + voice(0.5), at_secs=0)
    assert text_of(heard.release(at(0.2))) == "one,"
    assert text_of(heard.release(at(3.0))) == ""
    assert text_of(heard.release(at(3.8))) == " two"


def test_a_second_sentence_is_joined_by_a_space() -> None:
    heard = HeardText(sample_rate_hz=RATE_HZ)
    spoken(heard, "Hello there.", voice(1.0), at_secs=0)
    spoken(heard, "How are you?", voice(1.0), at_secs=1.0)
    assert text_of(heard.release(at(1.0))) + text_of(heard.release(at(1.1))) == "Hello there. How"
    assert text_of(heard.finish()) == " are you?"


def test_a_sentence_whose_audio_is_not_all_there_yet_does_not_run_ahead() -> None:
    heard = HeardText(sample_rate_hz=RATE_HZ)
    heard.announce("one two three four five six seven eight nine ten")
    heard.receive(voice(0.5))
    heard.place(0)
    assert text_of(heard.release(at(0.5))).split() == ["one", "two"]


def test_a_sentence_that_got_no_audio_is_never_heard() -> None:
    heard = HeardText(sample_rate_hz=RATE_HZ)
    heard.announce("This one failed.")
    heard.place(0)
    spoken(heard, "This one works.", voice(1.0), at_secs=0)
    assert text_of(heard.release(at(0.6))) == " This one"
    assert text_of(heard.finish()) == " works."


def test_finish_keeps_a_sentence_that_is_announced_but_not_yet_placed() -> None:
    heard = HeardText(sample_rate_hz=RATE_HZ)
    spoken(heard, "First.", voice(0.5), at_secs=0)
    heard.announce("Second.")
    heard.receive(voice(0.5))
    heard.close()
    assert text_of(heard.finish()) == "First."
    heard.place(at(0.5))
    assert text_of(heard.release(at(1.0))).strip() == "Second."


@given(
    st.lists(st.from_regex(r"[a-z]{1,9}", fullmatch=True), min_size=1, max_size=12),
    st.floats(0.2, 4.0),
    st.floats(0, 1),
)
def test_what_is_released_is_always_a_prefix_cut_at_a_word(
    words: list[str], secs: float, cut: float
) -> None:
    heard = HeardText(sample_rate_hz=RATE_HZ)
    text = " ".join(words)
    spoken(heard, text, voice(secs), at_secs=0)
    released = "".join(text_of(heard.release(at(secs * cut * i / 5))) for i in range(6))
    assert text.startswith(released)
    assert released.split() == words[: len(released.split())]
    at_secs = secs * cut
    starts_secs = [len(" ".join([*words[:n], ""])) / len(text) * secs for n in range(len(words))]
    surely_begun = sum(start < at_secs - 0.17 for start in starts_secs)
    begun = sum(start < at_secs + 0.02 for start in starts_secs)
    assert surely_begun <= len(released.split()) <= begun


def test_a_word_waits_until_its_start_is_beyond_doubt() -> None:
    heard = HeardText(sample_rate_hz=RATE_HZ)
    spoken(heard, "aaaa bbbb", voice(1.0), at_secs=0)
    assert text_of(heard.release(at(0.6))) == "aaaa"
    assert text_of(heard.release(at(0.8))) == " bbbb"


def test_what_is_not_to_be_remembered_is_told_apart_word_for_word() -> None:
    heard = HeardText(sample_rate_hz=RATE_HZ)
    heard.announce("Let me look.", context_id="filler")
    heard.start(context_id="filler", is_remembered=False)
    heard.receive(voice(1.0))
    heard.close()
    heard.place(at(0.0))
    heard.announce("It is noon.", context_id="reply")
    heard.start(context_id="reply", is_remembered=True)
    heard.receive(voice(1.0))
    heard.close()
    heard.place(at(1.0))
    words = heard.release(at(1.5)) + heard.finish()
    assert text_of([one for one in words if not one.is_remembered]) == "Let me look."
    assert text_of([one for one in words if one.is_remembered]) == " It is noon."


WORDS = [("One", 0.0), ("fine", 0.25), ("day", 0.5), ("in", 0.75), ("May.", 1.0)]
MORE = [("It", 0.1), ("was", 0.3), ("warm.", 0.6)]


def heard_until(secs: float, *, is_late: bool = False) -> str:
    """Play two sentences whose voice tells its words; return what is heard until then."""
    heard = HeardText(sample_rate_hz=RATE_HZ)
    for words, length_secs, at_secs in ((WORDS, 1.5, 0.0), (MORE, 1.0, 1.5)):
        heard.announce(" ".join(word for word, _ in words), context_id="reply")
        told = [SpokenWord(word, at) for word, at in words]
        if not is_late:
            heard.tell(told)
        heard.receive(voice(length_secs))
        if is_late:
            heard.tell(told)
        heard.close()
        heard.place(at(at_secs))
    steps = np.arange(0.0, secs, 0.04)
    return "".join(text_of(heard.release(at(float(step)))) for step in [*steps, secs])


@pytest.mark.parametrize("is_late", [False, True])
@pytest.mark.parametrize("tenths", range(26))
def test_a_reply_cut_anywhere_was_heard_to_the_word(tenths: int, is_late: bool) -> None:
    secs = tenths / 10
    begun = [word for word, at_secs in WORDS if at_secs < secs]
    begun += [word for word, at_secs in MORE if at_secs + 1.5 < secs]
    assert heard_until(secs, is_late=is_late) == " ".join(begun)


def test_a_voice_that_tells_its_words_is_not_guessed_at_before_it_does() -> None:
    heard = HeardText(sample_rate_hz=RATE_HZ)
    heard.tell([])
    heard.announce("One two three.")
    heard.receive(voice(2.0))
    heard.place(0)
    assert text_of(heard.release(at(1.0))) == ""
    heard.tell([SpokenWord("One", 0.1), SpokenWord("two", 0.9), SpokenWord("three.", 1.4)])
    assert text_of(heard.release(at(1.0))) == "One two"


def test_words_that_are_never_told_are_guessed() -> None:
    heard = HeardText(sample_rate_hz=RATE_HZ)
    heard.tell([])
    spoken(heard, "aaaa bbbb cccc dddd", voice(2.0), at_secs=0)
    assert text_of(heard.release(at(0.8))) == "aaaa bbbb"


def test_a_word_whose_time_is_not_told_is_heard_with_the_end_of_its_sentence() -> None:
    heard = HeardText(sample_rate_hz=RATE_HZ)
    heard.announce("One two.")
    heard.tell([SpokenWord("One", 0.0)])
    heard.receive(voice(1.0))
    heard.close()
    heard.place(0)
    assert text_of(heard.release(at(0.9))) == "One"
    assert text_of(heard.finish()) == " two."


def test_a_script_without_spaces_is_heard_sign_by_sign() -> None:
    heard = HeardText(sample_rate_hz=RATE_HZ)
    spoken(heard, "きょうは日です。", voice(2.0), at_secs=0)
    assert text_of(heard.release(at(0.2))) == "きょ"
    assert "きょうは日です。".startswith(text_of(heard.release(at(1.0))).join(["きょ", ""]))
    assert text_of(heard.release(at(2.0))).endswith("す。")


def test_audio_of_another_rate_takes_as_long_as_it_takes() -> None:
    heard = HeardText(sample_rate_hz=RATE_HZ)
    heard.announce("aaaa bbbb cccc dddd")
    heard.receive(np.full(16_000 * 2, 5000, np.int16).tobytes(), sample_rate_hz=16_000)
    heard.close()
    heard.place(0)
    assert text_of(heard.release(at(0.3))) == "aaaa"
    assert text_of(heard.release(at(0.7))) == " bbbb"


def test_signs_without_spaces_between_them_come_one_by_one() -> None:
    heard = HeardText(sample_rate_hz=RATE_HZ)
    spoken(heard, "明日は「晴れ」です。", voice(2.0), at_secs=0)
    assert text_of(heard.release(at(0.1))) == "明"
    assert text_of(heard.release(at(1.0))) == "日は「晴"
    assert text_of(heard.finish()) == "れ」です。"


def test_japanese_sentences_are_joined_without_a_space() -> None:
    heard = HeardText(sample_rate_hz=RATE_HZ)
    spoken(heard, "はい。", voice(1.0), at_secs=0)
    spoken(heard, "晴れです。", voice(1.0), at_secs=1.0)
    assert text_of([*heard.release(at(1.1)), *heard.finish()]) == "はい。晴れです。"


def test_a_sign_is_expected_to_take_longer_than_a_letter() -> None:
    heard = HeardText(sample_rate_hz=RATE_HZ)
    heard.announce("東京は晴れです。")
    heard.receive(voice(0.5))
    heard.place(0)
    assert text_of(heard.release(at(0.5))) == "東京は"


def test_a_japanese_reply_cut_off_was_heard_to_the_sign_its_voice_tells() -> None:
    heard = HeardText(sample_rate_hz=RATE_HZ)
    heard.announce("はい。", context_id="reply")
    heard.tell([SpokenWord("は", 0.0), SpokenWord("い", 0.2)])
    heard.receive(voice(0.5))
    heard.close()
    heard.place(0)
    heard.announce("晴れです。", context_id="reply")
    heard.tell([SpokenWord("晴", 0.0), SpokenWord("れ", 0.2), SpokenWord("です", 0.4)])
    heard.receive(voice(1.0))
    heard.place(at(0.5))
    assert text_of(heard.release(at(0.8))) == "はい。晴れ"
