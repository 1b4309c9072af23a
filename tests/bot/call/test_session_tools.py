from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.call.session_tools import open_session_tools
from bot.settings import Settings
from processors.floor import Floor
from tests.tools.mcp.unkind_mcp import described, open_silence, open_unkind_http
from tests.tools.runtime.plain_calls import PlainCalls
from tests.virtual_time import run_in_virtual_time
from tools.calls.commands import CallEvent, CallStarted

_GENEROUS_SECS = 5.0
"""A server of tools is waited for much longer."""
_OWN = """
import asyncio
from pathlib import Path
from tools.tool import tool

@tool(effect="write", timeout_secs=60.0)
async def write_down(file: str, secs: float) -> None:
    \"\"\"Write.

    Args:
        file: Where.
        secs: How long it takes.
    \"\"\"
    await asyncio.sleep(secs)
    Path(file).write_text("written")

@tool(timeout_secs=60.0)
async def look(secs: float) -> None:
    \"\"\"Look.

    Args:
        secs: How long it takes.
    \"\"\"
    await asyncio.sleep(secs)
"""


_TWO = "2099-10-06T14:00"


async def _hang_up() -> None:
    pass


def _settings(folder: Path, **changes: object) -> Settings:
    own = folder / "own.py"
    own.write_text(_OWN, encoding="utf-8")
    file = str(folder / "appointments.sqlite")
    return Settings.model_validate(
        {"tools_path": str(own), "appointments_file": file, "language": "en", **changes}
    )


@asynccontextmanager
async def _opened(
    settings: Settings, **options: object
) -> AsyncGenerator[tuple[PlainCalls, list[CallEvent]]]:
    events: list[CallEvent] = []
    async with open_session_tools(
        settings,
        hang_up=_hang_up,
        on_event=events.append,
        **options,  # pyright: ignore[reportArgumentType]
    ) as runtime:
        runtime.begin_turn()
        yield PlainCalls(runtime), events


async def test_no_server_of_tools_holds_up_the_join(tmp_path: Path) -> None:
    async with open_silence() as silent, open_unkind_http() as unkind:
        unkind.pages = {"": ([described("end_call")], None)}
        file = tmp_path / "servers.json"
        file.write_text(json.dumps({"dead": {"url": silent}, "live": {"url": unkind.url}}))
        settings = _settings(tmp_path, mcp_servers=str(file))
        begun_secs = time.monotonic()
        async with open_session_tools(settings, hang_up=_hang_up) as tools:
            assert time.monotonic() - begun_secs < _GENEROUS_SECS
            assert "end_call" in tools.tool_names
            async with asyncio.timeout(10.0):
                while "live__end_call" not in tools.tool_names:  # noqa: ASYNC110 - has no event
                    await asyncio.sleep(0.01)
            leaving_secs = time.monotonic()
        assert time.monotonic() - leaving_secs < _GENEROUS_SECS


@pytest.mark.promise("Tools", "A write that is under way when the call ends has 3 s to finish.")
@pytest.mark.parametrize(("secs", "is_written"), [(2.5, True), (4.0, False)])
def test_a_write_may_finish_after_the_call(tmp_path: Path, secs: float, is_written: bool) -> None:
    file = tmp_path / "written"

    async def end_while_it_writes() -> None:
        async with _opened(_settings(tmp_path)) as (calls, events):
            _, making = calls.begin("write_down", {"file": str(file), "secs": secs})
            while not events:  # noqa: ASYNC110 - has no event
                await asyncio.sleep(0.01)
        result = await making
        assert result["status"] == ("ok" if is_written else "session_ended")

    run_in_virtual_time(end_while_it_writes())
    assert file.exists() == is_written


@pytest.mark.promise("Tools", "A lookup ends with its call; nobody waits for it.")
def test_a_lookup_ends_with_the_call(tmp_path: Path) -> None:
    async def end_while_it_looks() -> float:
        async with _opened(_settings(tmp_path)) as (calls, events):
            _, making = calls.begin("look", {"secs": 50.0})
            while not events:  # noqa: ASYNC110 - has no event
                await asyncio.sleep(0.01)
            ended_secs = asyncio.get_running_loop().time()
        assert (await making)["status"] == "session_ended"
        assert not [task for task in asyncio.all_tasks() if task.get_name() == "tool-look"]
        return asyncio.get_running_loop().time() - ended_secs

    assert run_in_virtual_time(end_while_it_looks()) < 0.1


@pytest.mark.promise("Tools", "As many generations with tool calls as are set end in words.")
async def test_the_set_number_of_steps_is_the_sessions(tmp_path: Path) -> None:
    async with _opened(_settings(tmp_path, max_tool_steps=2)) as (calls, _):
        results = [await calls.make("look", {"secs": 0.0}) for _ in range(3)]
    assert [result["status"] for result in results] == ["ok", "ok", "too_many_steps"]


@pytest.mark.promise("Languages", "The tools ask and answer in the caller's language.")
async def test_the_tools_speak_the_callers_language(tmp_path: Path) -> None:
    async with _opened(_settings(tmp_path, language="de")) as (calls, _):
        booked = await calls.make(
            "book_appointment", {"subject": "Yoga", "starts_at": "2099-10-06T14:00"}
        )
        set_ = await calls.make("set_timer", {"duration_secs": 60, "label": "Tee"})
    assert calls.spoken[0].startswith("Soll ich am ")
    assert booked["data"]["spoken"].startswith("Gebucht")
    assert "Timer" in set_["data"]["spoken"] or "Wecker" in set_["data"]["spoken"]
    assert "Your" not in set_["data"]["spoken"]


@pytest.mark.promise("Tools", "No appointment is booked or cancelled without a yes of the caller.")
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("book_appointment", {"subject": "Tea", "starts_at": "2099-10-06T16:00"}),
        ("cancel_appointment", {"starts_at": _TWO}),
    ],
)
async def test_nothing_is_booked_or_cancelled_without_a_yes(
    tmp_path: Path, name: str, arguments: dict[str, object]
) -> None:
    async with _opened(_settings(tmp_path)) as (calls, _):
        await calls.make("book_appointment", {"subject": "Yoga", "starts_at": _TWO})
        calls.runtime.begin_turn()
        assert (await calls.make(name, arguments, is_yes=False))["status"] == "declined"
        listed = await calls.make("list_appointments")
    assert "Yoga" in str(listed) and "2099-10-06T14:00" in str(listed)
    assert "Tea" not in str(listed)


@pytest.mark.promise("Tools", "The calendar is the file that is set.")
async def test_an_appointment_goes_into_the_file_that_is_set(tmp_path: Path) -> None:
    settings = _settings(tmp_path, appointments_file=str(tmp_path / "mine" / "days.sqlite"))
    async with _opened(settings) as (calls, _):
        await calls.make("book_appointment", {"subject": "Yoga", "starts_at": "2099-10-06T14:00"})
    assert b"Yoga" in (tmp_path / "mine" / "days.sqlite").read_bytes()


@pytest.mark.promise("Tools", "A caller who waits for a tool hears a word now and then.")
async def test_a_caller_who_waits_is_told_so(tmp_path: Path) -> None:
    floor = Floor()
    async with _opened(_settings(tmp_path), floor=floor) as (calls, events):
        floor.caller_began()
        floor.caller_ended()
        floor.bot_began()
        floor.bot_ended()
        calls.begin("look", {"secs": 50.0})
        async with asyncio.timeout(30.0):
            while not calls.spoken:  # noqa: ASYNC110 - has no event
                await asyncio.sleep(0.05)
    assert isinstance(events[0], CallStarted)
    assert calls.spoken == ["One moment."]


async def test_the_operators_tools_come_before_those_that_ship(tmp_path: Path) -> None:
    async with _opened(_settings(tmp_path)) as (calls, _):
        assert list(calls.runtime.tool_names)[:2] == ["write_down", "look"]
        assert {"end_call", "set_timer", "book_appointment"} <= set(calls.runtime.tool_names)
