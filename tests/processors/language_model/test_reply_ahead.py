from __future__ import annotations

from processors.language_model.reply_ahead import ReplyAhead
from tests.model_call import EXCUSES, open_model_call
from tests.unkind_server import text

LISTING = text("```\nx = 1\n", "y = 2\n```")


class Voice:
    """Notes what speech it was asked to make ahead."""

    text_aggregation_language = "en"

    def __init__(self) -> None:
        self.pieces: list[tuple[str, bool]] = []

    async def prepare(self, text: str, *, is_first: bool) -> None:
        self.pieces.append((text, is_first))

    async def drop_prepared(self) -> None:
        self.pieces.append(("dropped", False))


async def test_each_reply_is_cut_anew_and_its_first_piece_is_marked() -> None:
    ahead, voice = ReplyAhead(), Voice()
    ahead.speak_with(voice)
    for _ in range(2):
        ahead.begin()
        assert ahead.is_silent
        await ahead.add("Sure, it is noon. B")
        await ahead.add("ye")
        await ahead.finish()
        assert not ahead.is_silent
    await ahead.drop()
    reply = [("Sure,", True), ("it is noon.", False), ("Bye", False)]
    assert voice.pieces == [*reply, *reply, ("dropped", False)]


async def test_a_reply_for_the_eye_is_told_of_once_the_turn_is_over() -> None:
    async with open_model_call(LISTING, LISTING) as talk:
        await talk.caller_pauses("Write a program")
        await talk.until(lambda: talk.ear.withdrawn)
        assert not talk.heard
        await talk.caller_says("Write a program")
        await talk.until_said(EXCUSES.unspeakable)
        await talk.finish()
    assert talk.heard == EXCUSES.unspeakable
