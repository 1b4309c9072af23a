"""Each row of docs/model-servers.md, on the wire: what the caller hears and the context holds."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from processors.language_model import attempting
from tests.model_call import open_model_call
from tests.model_server_rows import ALL, Row
from tests.processors.language_model.openai_protocol.test_model_refusals import LASTING, PASSING
from tests.processors.language_model.openai_protocol.test_request_shape import CALL_RULES, RULES
from tests.tools.sample_tools import look_up


@pytest.mark.promise(
    "Language model",
    "Whatever a model's server writes, its words are said once, its thoughts never, and its "
    "calls are made whole or not at all.",
)
@pytest.mark.parametrize("row", ALL, ids=lambda row: row.name)
async def test_the_caller_hears_what_the_server_means(
    row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempting, "STALL_SECS", 0.5)
    async with open_model_call(*row.answers, tools=[look_up], **row.options) as call:
        await call.caller_says()
        await call.until_heard(row.heard)
        await call.finish()
    assert call.heard == row.heard
    assert call.said == row.heard
    assert [json.loads(result)["data"]["number"] for result in call.results] == [*row.looked_up]
    assert len(call.server.requests) == row.asked + bool(row.looked_up)


def test_the_docs_name_each_row_and_no_other() -> None:
    text = (Path(__file__).parents[4] / "docs/model-servers.md").read_text(encoding="utf-8")
    lines = [line.rstrip("|") for line in text.splitlines() if line.startswith("| ")]
    named = {name for line in lines for name in re.findall("`([^`]+)`", line.rpartition("|")[2])}
    rows = {row.name.removesuffix(", always") for row in ALL}
    failures = {failure.name for failure in [*PASSING, *LASTING]}
    assert named == rows | failures | RULES.keys() | CALL_RULES.keys()
