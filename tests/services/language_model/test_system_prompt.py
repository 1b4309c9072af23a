"""The model is told what the operator wrote, and nothing more because there are tools."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.model_call import SYSTEM_PROMPT, open_model_call
from tests.services.language_model.dialects import VENDORS, Vendor
from tests.tools.sample_tools import look_up


def _texts(value: object) -> Iterator[str]:
    """Yield every text in a request, wherever the vendor wants it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
async def test_the_system_prompt_goes_out_as_it_is_written(vendor: Vendor) -> None:
    async with open_model_call(build=vendor.build, tools=[look_up]) as talk:
        talk.server.endpoints = (vendor.endpoint,)
        talk.server.answers = [vendor.wire.text("Seven."), vendor.wire.text("Eight.")]
        await talk.caller_says("Look up seven.")
        await talk.until_said("Seven.")
        await talk.caller_says("And eight.")
        await talk.until_said("Seven. Eight.")
        await talk.finish()
        requests = list(talk.server.requests)
    assert len(requests) == 2
    for request in requests:
        assert [text for text in _texts(request) if SYSTEM_PROMPT in text] == [SYSTEM_PROMPT]
