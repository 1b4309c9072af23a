"""What the end of a reply means, by each vendor's names for it."""

from __future__ import annotations

import pytest

from tests.model_call import EXCUSES, open_model_call
from tests.services.language_model.dialects import ANTHROPIC, GOOGLE, Vendor
from tests.services.stand_ins import anthropic, google
from tests.unkind_server import Answer

WORDS = "It is noon."
HALF, CUT = "It is ", f"It is {EXCUSES.cut}"


def claude(*words: str, stop: str = "") -> Answer:
    said = anthropic.words(*words) if words else []
    return anthropic.stream(*said, *(anthropic.stop(stop) if stop else []))


def gemini(*words: str, finish: str) -> Answer:
    return google.stream(*google.words(*words), google.chunk(finish=finish))


@pytest.mark.promise(
    "Language model",
    "The reason with which a reply ends is taken for what its vendor means by it.",
)
@pytest.mark.parametrize(
    ("vendor", "answer", "heard"),
    [
        (ANTHROPIC, claude(HALF, stop="tool_use"), CUT),
        (ANTHROPIC, claude(stop="tool_use"), WORDS),
        (ANTHROPIC, claude(HALF, stop="max_tokens"), CUT),
        (ANTHROPIC, claude(WORDS, stop="stop_sequence"), WORDS),
        # Imitators give no reason.
        (ANTHROPIC, claude(WORDS), WORDS),
        (ANTHROPIC, claude(HALF), CUT),
        (GOOGLE, gemini(HALF, finish="MALFORMED_RESPONSE"), CUT),
        (GOOGLE, gemini(finish="MISSING_THOUGHT_SIGNATURE"), WORDS),
        (GOOGLE, gemini(finish="TOO_MANY_TOOL_CALLS"), WORDS),
        (GOOGLE, gemini(HALF, finish="CONTINUATION"), CUT),
        (GOOGLE, gemini(finish="PROHIBITED_CONTENT"), EXCUSES.filtered),
        (GOOGLE, gemini(finish="RECITATION"), EXCUSES.filtered),
    ],
)
async def test_an_end_is_what_its_vendor_means(vendor: Vendor, answer: Answer, heard: str) -> None:
    async with open_model_call(build=vendor.build) as talk:
        talk.server.endpoints = (vendor.endpoint,)
        talk.server.answers = [answer, vendor.wire.text(WORDS)]
        await talk.caller_says()
        await talk.until_heard(heard)
        await talk.finish()
        assert talk.heard == heard
