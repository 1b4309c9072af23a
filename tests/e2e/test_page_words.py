"""The words of a call in a real Chromium: who has a say, what is asked, and what can be kept."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest
from livekit import rtc
from livekit.api import AccessToken, VideoGrants
from livekit.protocol.agent_pb import agent_session as pb
from playwright.async_api import Download, expect

from bot.livekit.server import LiveKitServer
from processors.agent_protocol.events import Side, ToolCall
from processors.agent_protocol.session_channel import TOPIC as SESSION_TOPIC
from processors.agent_protocol.session_items import timestamp
from processors.agent_protocol.utterance import TOPIC as CAPTIONS_TOPIC
from processors.frames import PlayoutStartedFrame, PlayoutStoppedFrame
from tests.conftest import ARTEFACTS_DIR
from tests.e2e.stage_call import HearingBot, StageCall

_QUESTION = "Shall I book a haircut on Thursday, October 8 at 10:00 AM?"
_LIMIT_MS = 30_000.0


async def _says(bot: HearingBot, words: str) -> None:
    """Say a whole reply."""
    await bot.show(PlayoutStartedFrame())
    await bot.say(words)
    await bot.show(PlayoutStoppedFrame(is_interrupted=False))


async def _guest(server: LiveKitServer, room_name: str) -> rtc.Room:
    """Join as somebody who only has a token."""
    grants = VideoGrants(room_join=True, room=room_name, can_publish_data=True)
    key, secret = server.api_key, server.api_secret.get_secret_value()
    token = AccessToken(key, secret).with_identity("guest").with_grants(grants).to_jwt()
    room = rtc.Room()
    await room.connect(server.url, token)
    return room


async def test_nobody_but_the_caller_and_the_bot_has_a_say(
    stage: StageCall, livekit_server: LiveKitServer
) -> None:
    async with stage.begins() as bot:
        guest = await _guest(livekit_server, bot.room.name)
        try:
            # Of an event, of words, and of both without an end.
            asks = pb.AgentSessionEvent.ToolExecutionUpdated.Started(
                function_call=pb.FunctionCall(call_id="1", name="a_trap")
            )
            update = pb.AgentSessionEvent.ToolExecutionUpdated(started=asks)
            event = pb.AgentSessionEvent(tool_execution_updated=update)
            data = pb.AgentSessionMessage(event=event).SerializeToString()
            await guest.local_participant.send_bytes(data, name="x", topic=SESSION_TOPIC)
            endless = await guest.local_participant.stream_text(topic=CAPTIONS_TOPIC)
            await endless.write("Please read me your password.")
            for participant in (guest.local_participant, bot.room.local_participant):
                stuck = await participant.stream_bytes(name="stuck", topic=SESSION_TOPIC)
                await stuck.write(b"never")
            await _says(bot, "Hello there.")
            await stage.sees("Hello there")
            bot.feed.tool_updates.started(ToolCall("call_1", "weather"))
            await stage.sees("Looking up the weather")
            assert await stage.page.get_by_text("password").count() == 0
            assert await stage.page.get_by_text("trap").count() == 0
        finally:
            await guest.disconnect()
    assert stage.errors == []


@pytest.mark.parametrize(
    ("name", "width", "height"), [("desktop", 1280, 800), ("small", 320, 568), ("flat", 568, 320)]
)
async def test_a_question_stands_once_and_is_answered_by_keyboard(
    stage: StageCall, name: str, width: int, height: int
) -> None:
    page = stage.page
    await stage.resize({"width": width, "height": height})
    async with stage.begins() as bot:
        await _says(bot, "What can I do for you?")
        bot.feed.tool_updates.asks(ToolCall("call_1", "book_appointment"), _QUESTION)
        await _says(bot, f"One moment. {_QUESTION}")
        await stage.sees("One moment\\.")
        asked = page.get_by_role("listitem").get_by_text(re.compile("Shall I book"))
        await expect(asked).to_have_count(1)
        yes = page.get_by_role("button", name="Yes")
        await expect(yes).to_be_in_viewport()
        await page.screenshot(path=ARTEFACTS_DIR / f"page-words-asks-{name}.png")
        await yes.press("Enter")
        await page.get_by_role("button", name="Yes", disabled=True).wait_for()
        bot.feed.tool_updates.started(ToolCall("call_1", "book_appointment"))
        result = {"status": "ok", "data": {"starts_at": "2026-10-08T10:00"}}
        bot.feed.tool_updates.ended("call_1", pb.TC_DONE, result)
        await stage.sees("You said yes · Booked for Thursday, October 8, 10:00")
        assert await page.evaluate("document.activeElement.tagName") == "LI"
        await expect(asked).to_have_count(1)
        await page.screenshot(path=ARTEFACTS_DIR / f"page-words-answered-{name}.png")
        assert stage.answers == [("call_1", True)]
    assert stage.errors == []


async def test_the_record_is_downloaded_within_the_call(stage: StageCall) -> None:
    page = stage.page
    async with stage.begins() as bot:
        await _says(bot, "It is ten.")
        await stage.sees("It is ten")
        metrics = pb.MetricsReport(llm_node_ttft=0.1, tts_node_ttfb=0.05, e2e_latency=0.62)
        metrics.started_speaking_at.CopyFrom(timestamp(0.0))
        message = bot.feed.items.add_message(
            Side.BOT, "It is ten.", is_interrupted=False, metrics=metrics
        )
        added = pb.AgentSessionEvent.ConversationItemAdded(item=message)
        bot.feed.channel.tell(pb.AgentSessionEvent(conversation_item_added=added))
        await page.get_by_role("button", name="Answered after 0.6 s").click()
        await stage.sees("Finding the first words")
        await page.get_by_label("Keep this conversation").click()
        await page.get_by_role("button", name="Show times").click()
        await page.screenshot(path=ARTEFACTS_DIR / "page-words-record.png")
        files: dict[str, str] = {}
        for button in ("as text", "JSON", "SRT"):
            async with page.expect_download() as started:
                await page.get_by_role("button", name=button).click()
            download: Download = await started.value
            suffix = Path(download.suggested_filename).suffix
            file = Path(await download.path())
            files[suffix] = await asyncio.to_thread(file.read_text, encoding="utf-8")
        assert "**Parley**" in files[".md"]
        assert json.loads(files[".json"])[0]["text"] == "It is ten."
        assert "00:00:00,000 --> " in files[".srt"]
        # The call goes on.
        await page.keyboard.press("Escape")
        await stage.click("Type a message")
        await page.get_by_role("textbox", name="Type a message").fill("Still there?")
        await page.keyboard.press("Enter")
        assert await asyncio.wait_for(bot.texts.get(), _LIMIT_MS / 1000) == "Still there?"
    assert stage.errors == []


async def test_words_that_are_written_from_the_right_stand_so(stage: StageCall) -> None:
    words = "مرحبا، كيف يمكنني مساعدتك؟"
    direction = "(element) => getComputedStyle(element).direction"
    async with stage.begins() as bot:
        await _says(bot, words)
        item = stage.page.get_by_role("listitem").filter(has_text="مرحبا")
        assert await item.evaluate(direction) == "rtl"
        await stage.click("Type a message")
        box = stage.page.get_by_role("textbox")
        await box.fill(words)
        assert await box.evaluate(direction) == "rtl"
        await _says(bot, "Hello again.")
        item = stage.page.get_by_role("listitem").filter(has_text="Hello again.")
        assert await item.evaluate(direction) == "ltr"
