"""The check before a call, with a real room and a real browser: what is missing, and its fix."""

from __future__ import annotations

import re
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, WebSocketRoute, expect

from bot.access.commands import invite, invites
from bot.livekit.server import LiveKitServer
from bot.settings import Settings
from tests.e2e import axe
from tests.e2e.stage_call import StageCall, open_stage, write_beeps

_LIMIT_MS = 60_000
_SETTLED = "() => document.querySelector('main ul')?.ariaBusy === 'false'"


@pytest.fixture
async def stage(livekit_server: LiveKitServer, tmp_path: Path) -> AsyncIterator[StageCall]:
    microphone = tmp_path / "beeps.wav"
    write_beeps(microphone)
    async with open_stage(livekit_server, microphone=microphone) as opened:
        await opened.page.goto(f"{opened.address}/check")
        yield opened


async def _checked(page: Page, button: str = "Start the check") -> dict[str, str]:
    """Press the button and return how each thing was found."""
    await page.get_by_role("button", name=button).click()
    await page.wait_for_selector("main ul[aria-busy=true]")
    await page.wait_for_function(_SETTLED, timeout=_LIMIT_MS)
    return await page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("[data-check]")]
            .map(({ dataset: { check, status } }) => [check, status]))"""
    )


def _fix(name: str) -> str:
    return f"[data-check={name}] > p"


async def test_all_is_well_and_can_be_told(stage: StageCall) -> None:
    page = stage.page
    await page.context.grant_permissions(["microphone", "clipboard-read", "clipboard-write"])
    async with page.expect_response("**/api/check") as asked:
        assert await _checked(page) == {
            "browser": "good",
            "microphone": "good",
            "speaker": "waiting",
            "server": "good",
            "line": "good",
            "sound": "good",
            "relay": "skipped",
        }
    token = (await (await asked.value).json())["participant_token"]
    await expect(page.locator(_fix("sound"))).to_contain_text("UDP")
    # What was said can be heard again.
    recording = page.get_by_label("What we heard")
    assert await recording.evaluate("(it) => it.play().then(() => !it.error)")
    await page.get_by_role("button", name="Play a tone").click()
    await page.get_by_role("button", name="I heard it").click()
    await expect(page.locator("[data-check=speaker]")).to_have_attribute("data-status", "good")
    await page.get_by_role("button", name="Copy for support").click()
    await expect(page.get_by_text("Copied.")).to_be_visible()
    report = await page.evaluate("navigator.clipboard.readText()")
    assert all(f"{name}: " in report for name in ("browser", "microphone", "sound", "relay"))
    assert "udp" in report
    assert token not in report + await stage.written()
    assert await axe.faults(page) == []
    assert stage.errors == []


async def test_a_silent_microphone_is_told(livekit_server: LiveKitServer, tmp_path: Path) -> None:
    silence = tmp_path / "silence.wav"
    with wave.open(str(silence), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(bytes(2 * 48_000))
    async with open_stage(livekit_server, microphone=silence) as stage:
        await stage.page.goto(f"{stage.address}/check")
        found = await _checked(stage.page)
        assert (found["microphone"], found["sound"]) == ("bad", "good")
        await expect(stage.page.locator(_fix("microphone"))).to_contain_text("muted")


async def test_what_stops_websockets_is_told(stage: StageCall) -> None:
    async def stop(socket: WebSocketRoute) -> None:
        await socket.close()

    await stage.page.route_web_socket(lambda url: "/rtc" in url, stop)
    found = await _checked(stage.page)
    assert (found["server"], found["line"]) == ("good", "bad")
    assert (found["sound"], found["relay"]) == ("skipped", "skipped")
    await expect(stage.page.locator(_fix("line"))).to_contain_text("firewall")


async def test_what_stops_the_sound_is_told(stage: StageCall) -> None:
    # No candidate but a relay's, and there is none: as behind a firewall that lets no UDP through.
    await stage.page.evaluate("""() => {
        const Real = RTCPeerConnection;
        window.RTCPeerConnection = class extends Real {
            constructor(given) { super({ ...given, iceTransportPolicy: "relay" }); }
            setConfiguration(given) {
                super.setConfiguration({ ...given, iceTransportPolicy: "relay" });
            }
        };
    }""")
    found = await _checked(stage.page)
    assert (found["line"], found["sound"]) == ("good", "bad")
    await expect(stage.page.locator(_fix("sound"))).to_contain_text("UDP")


async def test_a_server_that_is_away_is_told_and_can_be_tried_again(stage: StageCall) -> None:
    page = stage.page

    async def drop(route: Route) -> None:
        await route.abort()

    await page.route("**/api/check", drop)
    found = await _checked(page)
    assert (found["server"], found["line"], found["microphone"]) == ("bad", "skipped", "good")
    await page.unroute("**/api/check")
    again = await _checked(page, "Check again")
    assert (again["server"], again["line"], again["sound"]) == ("good", "good", "good")


async def test_who_was_invited_may_check_by_any_way_and_uses_nothing_up(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    microphone = tmp_path / "beeps.wav"
    write_beeps(microphone)
    access = {"access": "invite", "data_dir": str(tmp_path / "data")}
    settings = Settings.model_validate(access)
    link = re.search(r"/(#invite=\S+)", await invite(settings, name="Ada", uses=1, days=1))
    assert link
    async with open_stage(livekit_server, microphone=microphone, **access) as stage:
        page = stage.page

        async def is_let_in() -> None:
            found = await _checked(page)
            assert (found["server"], found["line"]) == ("good", "good")

        await page.goto(f"{stage.address}/check")
        assert (await _checked(page))["server"] == "bad"
        await page.goto(f"{stage.address}/{link[1]}")
        # Nothing of the invitation is used while the microphone is refused.
        await page.context.clear_permissions()
        await stage.click("Start talking")
        await page.get_by_role("link", name="Check microphone and line").click()
        await is_let_in()
        await page.reload()
        await is_let_in()
        await page.get_by_role("link", name="Back to the start").click()
        await stage.sees("You are invited")
        assert "1 left" in await invites(settings)
        await page.context.grant_permissions(["microphone"])
        async with stage.begins():
            assert "0 left" in await invites(settings)
            tab = await page.context.new_page()
            await tab.goto(f"{stage.address}/check")
            page = tab
            await is_let_in()
            # Nor does the used link shut out who has it in another tab.
            await tab.goto(f"{stage.address}/check{link[1]}")
            await tab.reload()
            await is_let_in()
