"""Why a call ends or does not begin: what the page has sentences for is what there is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from bot.call.course import EndReason
from bot.errors import VoiceError
from bot.http.errors import STATUS_BY_CODE, ApiError, install_error_handlers

_WHY: dict[str, Any] = json.loads(Path(__file__).with_name("why_calls_end.json").read_text())
_GIVEN_SECS = {"rate_limited": 7, "access_slowed": 7}
"""Codes that are given their wait where they are raised."""


@pytest.mark.promise("Page", "Each reason for which a call ends has a sentence of its own.")
def test_the_page_knows_every_reason_for_an_end() -> None:
    assert set(_WHY["end_reasons"]) == set(EndReason)


@pytest.mark.promise("Page", "Each refusal of the server is told in a sentence, with one button.")
@pytest.mark.parametrize("code", sorted({*_WHY["errors"], *STATUS_BY_CODE}))
async def test_the_page_knows_every_refusal(code: str) -> None:
    expected = _WHY["errors"][code]
    app = FastAPI()
    install_error_handlers(app, headers={})

    @app.get("/")
    async def refuse() -> None:
        secs = _GIVEN_SECS.get(code)
        raise ApiError(code, "No.", retry_after_secs=secs) if secs else VoiceError(code, "No.")

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://runner") as http:
        answer = await http.get("/")
    wait = answer.headers.get("retry-after")
    assert answer.json()["error"]["code"] == code
    assert answer.status_code == expected["status"]
    assert (wait and int(wait)) == expected.get("retry_after_secs")
