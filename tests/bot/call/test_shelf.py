from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from bot.call.services import build_text_to_speech
from bot.call.shelf import build_shelf, known_texts
from bot.languages.choice import language_for, shipped
from bot.settings import Settings
from bot.stages.table import stages_of
from processors.text_to_speech.shelf.openers import phrases
from tests.spoken_reply import spoken
from tests.unkind_server import open_unkind_server
from tests.waiting import until


def settings_with(**given: object) -> Settings:
    return Settings.model_validate({"speech_shelf_mb": 1, **given})


@pytest.mark.parametrize("code", [*shipped(), "pl"])
def test_the_bots_own_lines_are_known_in_every_language(code: str) -> None:
    session = language_for(code).session
    known = known_texts(settings_with(language=code))
    for line in (session.greeting, session.nudge, session.idle_goodbye):
        assert line in known
    assert "" not in known.lines
    assert not [line for line in known.lines if "{" in line]


def test_a_greeting_that_is_set_is_known() -> None:
    assert "Ahoy 42!" in known_texts(settings_with(greeting="Ahoy 42!"))
    assert "Ahoy 42!" not in known_texts(settings_with())


@pytest.mark.promise(
    "Memory",
    "Of what is said in a call no speech is kept but that of a closed list: openers that are the "
    "same in every call, and the bot's own lines.",
)
@pytest.mark.parametrize("code", shipped())
def test_openers_are_short_and_have_no_numbers(code: str) -> None:
    openers = language_for(code).openers
    assert len(openers) > 40
    for opener in openers:
        assert phrases(opener) == {opener}
        assert len(opener) <= 40
        assert len(opener.split()) <= 9
        assert not re.search(r"\d", opener)


def test_a_language_whose_words_are_not_known_has_none() -> None:
    assert not language_for("pl").openers


@pytest.mark.promise("Settings", "Kept speech can be turned off, and then nothing is kept.")
async def test_it_can_be_turned_off(tmp_path: Path) -> None:
    shelf = tmp_path / "off"
    settings = settings_with(speech_shelf_mb=0, speech_shelf=shelf)
    assert build_shelf(settings, stages_of(settings).text_to_speech) is None
    async with open_unkind_server() as server:
        given = {"openai_base_url": server.base_url, "speech_shelf": shelf}
        for _ in range(2):
            voice = build_text_to_speech(settings_with(speech_shelf_mb=0, **given))
            await spoken(voice, "Okay.")
        assert server.spoken == ["Okay."] * 2
    assert not await asyncio.to_thread(shelf.exists)


async def test_it_is_kept_where_it_is_set_by_address(tmp_path: Path) -> None:
    async def is_kept() -> bool:
        return len([*shelf.glob("*-*")]) == len(asked)

    shelf = tmp_path / "shelf"
    asked = list[str]()
    async with open_unkind_server() as one, open_unkind_server() as two:
        for server in (one, two):
            asked.append(server.base_url)
            for _ in range(2):
                given = {"openai_base_url": server.base_url, "speech_shelf": shelf}
                await spoken(build_text_to_speech(settings_with(**given)), "Okay.")
                await until(is_kept)
            assert server.spoken == ["Okay."]
