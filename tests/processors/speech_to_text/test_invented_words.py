from __future__ import annotations

import pytest

from processors.speech_to_text.invented_words import is_invented


@pytest.mark.parametrize(
    "text",
    [
        "",
        " . ",
        "[BLANK_AUDIO]",
        "(music) ♪ la la ♪",
        "Thank you for watching!",
        "Thanks for watching.",
        "Please subscribe to my channel.",
        "Subtitles by the Amara.org community",
        "Untertitel im Auftrag des ZDF, 2020",
        "Vielen Dank fürs Zuschauen!",
        "Merci d'avoir regardé cette vidéo !",
        "¡Gracias por ver el video!",
        "¡Suscríbete!",
        "ご視聴ありがとうございました。",
        "最後までご視聴いただきありがとうございました。",
        "チャンネル登録をお願いいたします。",
    ],
)
def test_what_a_model_writes_for_noise_was_not_said(text: str) -> None:
    assert is_invented(text, spoken_secs=5.0)


@pytest.mark.parametrize(
    "text",
    [
        "Thank you.",
        "Yes.",
        "Bye.",
        "I subscribe to my channel of thought.",
        "Can you translate it by tomorrow?",
        "(laughs) That is funny.",
        "Vielen Dank.",
        "Muchas gracias.",
        "東京の天気を教えてください。",
    ],
)
def test_what_a_caller_may_say_was_said(text: str) -> None:
    assert not is_invented(text, spoken_secs=1.0)


def test_nobody_says_ten_words_in_the_time_of_one() -> None:
    text = "and so it goes on and on and on again"
    assert is_invented(text, spoken_secs=0.3)
    assert not is_invented(text, spoken_secs=1.5)
