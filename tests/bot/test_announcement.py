"""What is printed once everything runs."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from bot.announcement import lan_welcome, welcome
from bot.lan.qr import qr_text
from bot.lan.reach import Reach
from bot.lan.terminal import Terminal
from bot.rooms.join_link import JoinLink
from bot.settings import Settings
from bot.store.store import open_store
from tests.bot.http.api_client import open_api

_MEDIA = ("10.1.2.3:7882 UDP", "7881 TCP on every address")


def test_on_this_machine_it_is_the_page_and_the_join_link() -> None:
    link = JoinLink()
    text = welcome("http://127.0.0.1:7860", link)
    assert f"http://127.0.0.1:7860/#join={link.code}" in text
    assert "Listening" not in text


async def _printed(folder: Path, **given: object) -> tuple[str, JoinLink, Reach]:
    settings = Settings.model_validate(
        {"host": "10.1.2.3", "data_dir": folder, "caroot": folder, **given}
    )
    reach, link = Reach(settings, port=7860), JoinLink()
    async with open_store(folder) as store, open_api(store=store) as api:
        livekit = dataclasses.replace(api.backend.livekit, media=_MEDIA)
        backend = dataclasses.replace(api.backend, livekit=livekit)
        text = await lan_welcome(settings, reach, backend, link, terminal=Terminal())
        return text, link, reach


async def test_in_a_network_it_is_an_invite_and_what_listens(tmp_path: Path) -> None:
    text, _, reach = await _printed(tmp_path)
    found = re.search(r"Link +(https://10\.1\.2\.3:7860/#invite=\S+)", text)
    assert found is not None
    assert qr_text(found[1]) in text
    assert all(f"{place}: sound" in text for place in _MEDIA)
    assert "10.1.2.3:7860 TCP: page, API, signalling (TLS)" in text
    assert "First time http://10.1.2.3:7860" in text
    assert reach.authority is not None
    assert reach.authority.fingerprint[:47] in text


async def test_the_next_start_prints_the_same_invite(tmp_path: Path) -> None:
    links = {re.findall(r"#invite=\S+", (await _printed(tmp_path))[0])[0] for _ in range(2)}
    assert len(links) == 1


@pytest.mark.parametrize(
    "given", [{"access": "open"}, {"access": "key", "access_key": "correct horse battery"}]
)
async def test_with_another_door_it_is_the_join_link(
    tmp_path: Path, given: dict[str, object]
) -> None:
    text, link, _ = await _printed(tmp_path, **given)
    assert qr_text(f"https://10.1.2.3:7860/#join={link.code}") in text
    assert "#invite" not in text
