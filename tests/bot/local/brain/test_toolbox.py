from __future__ import annotations

from bot.local.brain.toolbox import Toolbox
from tests.bot.local.brain.talk import TOOLS


def test_a_tool_is_found_by_words_of_its_name() -> None:
    tools = Toolbox(TOOLS)
    assert tools.find("appointment", "cancel|delete") == "cancel_appointment"
    assert tools.find("appointment", "list|show") == "list_appointments"
    assert tools.find("email") is None


def test_a_part_of_a_word_is_no_match() -> None:
    named = [{"type": "function", "function": {"name": "sometimes_late"}}]
    assert Toolbox(named).find("time") is None


def test_a_missing_required_argument_makes_no_call() -> None:
    tools = Toolbox(TOOLS)
    assert tools.call("weather", {"place|city": None}) is None
    called = tools.call("weather", {"place|city": "Rome", "day": "today", "mood": "good"})
    assert called is not None and called.arguments == {"place": "Rome", "day": "today"}


def test_a_value_outside_the_allowed_ones_is_left_out() -> None:
    parameters = {"properties": {"day": {"enum": ["today"]}}}
    tool = {"type": "function", "function": {"name": "news", "parameters": parameters}}
    called = Toolbox([tool]).call("news", {"day": "tomorrow"})
    assert called is not None and called.arguments == {}
