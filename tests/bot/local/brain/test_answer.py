from __future__ import annotations

import json

import pytest

from bot.local.brain.manners import GREETING
from bot.local.brain.telling import STORY
from tests.bot.local.brain.talk import (
    TOOLS,
    answer_to,
    ask,
    call_message,
    called,
    result_message,
)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Hello!", "I'm Parley"),
        ("hey there, Parlay", "Parley"),
        ("Who are you?", "scripted stand-in"),
        ("are you a real person", "scripted stand-in"),
        ("What can you do?", "weather"),
        ("How are you today?", "Very well"),
        ("Can you hear me?", "hear you well"),
        ("Thanks a lot.", "You're welcome"),
        ("Count to thirty, please.", "twenty-nine, thirty."),
        ("Count to 12.", "One, two, three"),
        ("Can you count down from five?", "Five, four, three, two, one."),
        ("Count from seven to nine.", "Seven, eight, nine."),
        ("Tell me a long story.", "lighthouse"),
        ("Do you know a joke?", "feedback"),
        ("What's two plus three?", "That makes five."),
        ("What is 20 minus 30?", "minus ten"),
        ("Repeat after me: the rain in Spain.", "The rain in Spain."),
        ("Say after me hello world", "Hello world"),
        ("My name is Ada.", "Nice to meet you, Ada."),
        ("Stop.", "I'm listening"),
        ("Yes, please.", "What would you like"),
        ("No, thank you.", "All right"),
        ("Never mind.", "No problem"),
        ("How do I plug in a real model?", "OPENAI_API_KEY"),
        ("Explain quantum physics to me.", "OPENAI_BASE_URL"),
        ("...", "didn't catch"),
    ],
)
def test_what_a_visitor_says_gets_a_fitting_answer(said: str, words: str) -> None:
    reply = ask(said)
    assert words in reply.text
    assert not reply.calls


@pytest.mark.parametrize("said", ["WHAT TIME IS IT IN TOKYO", "what's the time in tokyo"])
def test_spelling_and_case_do_not_matter(said: str) -> None:
    assert called(ask(said)) == [("time_in_place", {"place": "Tokyo"})]


@pytest.mark.parametrize(
    ("said", "name", "arguments"),
    [
        ("What time is it?", "time_in_place", {}),
        (
            "What time is it right now in New York City?",
            "time_in_place",
            {"place": "New York City"},
        ),
        ("Could you tell me the time in Paris, please?", "time_in_place", {"place": "Paris"}),
        ("What day is it today?", "time_in_place", {}),
        ("What's the weather like in Lisbon?", "weather", {"place": "Lisbon", "day": "today"}),
        ("Will it rain in Rome tomorrow?", "weather", {"place": "Rome", "day": "tomorrow"}),
        ("Set a timer for five minutes.", "set_timer", {"duration_secs": 300}),
        ("Set a tea timer for 90 seconds", "set_timer", {"duration_secs": 90, "label": "tea"}),
        ("Cancel the tea timer.", "cancel_timer", {"label": "tea"}),
        ("What appointments do I have tomorrow?", "list_appointments", {"day": "2026-10-06"}),
        ("What's on my calendar?", "list_appointments", {}),
        (
            "Book a haircut tomorrow at three.",
            "book_appointment",
            {"subject": "haircut", "starts_at": "2026-10-06T15:00"},
        ),
        (
            "Please make an appointment with the dentist on Friday at 10:15 a.m.",
            "book_appointment",
            {"subject": "dentist", "starts_at": "2026-10-09T10:15"},
        ),
        (
            "Cancel my appointment tomorrow at 3 PM.",
            "cancel_appointment",
            {"starts_at": "2026-10-06T15:00"},
        ),
        (
            "Move my appointment tomorrow at three to Friday at four.",
            "move_appointment",
            {"starts_at": "2026-10-06T15:00", "new_starts_at": "2026-10-09T16:00"},
        ),
    ],
)
def test_a_wish_becomes_a_call(said: str, name: str, arguments: dict[str, object]) -> None:
    assert called(ask(said)) == [(name, arguments)]


@pytest.mark.parametrize(
    "said",
    [
        "Goodbye.",
        "Good-by.",
        "Okay, thanks, bye!",
        "That's all by.",
        "That's all for today.",
        "Please hang up.",
        "And the call, please.",
    ],
)
def test_goodbye_is_said_and_the_call_is_ended(said: str) -> None:
    reply = ask(said)
    assert "Goodbye" in reply.text
    assert called(reply) == [("end_call", {})]


@pytest.mark.parametrize(
    "said",
    [
        "What time is it in Rome?",
        "What's the weather in Rome?",
        "Goodbye.",
        "Set a timer for a minute.",
        "Book a haircut tomorrow at three.",
    ],
)
def test_a_tool_that_is_not_in_the_request_is_never_called(said: str) -> None:
    reply = ask(said, tools=[])
    assert reply.text and not reply.calls


def test_two_lookups_are_made_at_once() -> None:
    reply = ask("What's the time in Tokyo and what's the weather in Paris?")
    assert [name for name, _ in called(reply)] == ["time_in_place", "weather"]


def test_a_missing_place_is_asked_for_and_taken() -> None:
    question = ask("What's the weather?").text
    assert question.endswith("?")
    reply = ask("What's the weather?", question, "Um, Lisbon.")
    assert called(reply) == [("weather", {"place": "Lisbon", "day": "today"})]


def test_a_missing_time_is_asked_for_and_taken() -> None:
    question = ask("Book a haircut.").text
    reply = ask("Book a haircut.", question, "Tomorrow at three.")
    assert called(reply) == [
        ("book_appointment", {"subject": "haircut", "starts_at": "2026-10-06T15:00"})
    ]


def test_another_wish_is_not_taken_for_the_missing_place() -> None:
    question = ask("What's the weather?").text
    assert "feedback" in ask("What's the weather?", question, "Tell me a joke.").text


def test_the_caller_can_ask_what_was_said() -> None:
    assert "I like trains." in ask("I like trains.", "Good.", "What did I just say?").text
    assert ask("Hello.", "I am blue.", "Pardon?").text == "I am blue."
    assert ask("My name is Ada.", "Nice.", "What's my name?").text.endswith("Ada.")


def test_a_story_that_was_cut_off_goes_on_where_it_was_heard_last() -> None:
    heard = " ".join(STORY.split()[:20])
    reply = ask("Tell me a story.", heard, "Go on, please.")
    assert f"{heard} {reply.text}".lower() == STORY.lower()


def test_a_finished_reply_does_not_go_on() -> None:
    assert "done" in ask("Tell me a story.", STORY, "Continue.").text


def test_the_next_joke_is_another_one() -> None:
    first = ask("Tell me a joke.").text
    assert ask("Tell me a joke.", first, "Another joke!").text != first


def test_an_open_question_is_answered_shorter_the_second_time() -> None:
    first = ask("Who won the cup?").text
    assert len(ask("Who won the cup?", first, "And who came second?").text) < len(first)


def test_without_words_of_the_caller_the_brain_greets() -> None:
    assert answer_to([{"role": "system", "content": "You are Parley."}]).text == GREETING


def test_the_application_can_ask_for_words() -> None:
    talk = [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Hi."}]
    nudge = {"role": "developer", "content": "The caller is silent. Ask if they are there."}
    goodbye = {"role": "system", "content": "Say goodbye, time is up."}
    assert "still there" in answer_to([*talk, nudge]).text
    assert "Goodbye" in answer_to([*talk, goodbye]).text


def test_results_of_two_calls_are_told_together() -> None:
    reply = answer_to(
        [
            {"role": "user", "content": "Time in Rome and weather in Oslo?"},
            call_message("time_in_place", "a", place="Rome"),
            result_message({"status": "ok", "data": {"spoken": "It is noon in Rome."}}, "a"),
            call_message("weather", "b", place="Oslo"),
            result_message({"status": "offline", "note": "I cannot reach the service."}, "b"),
        ]
    )
    assert reply.text == "It is noon in Rome. I cannot reach the service."
    assert not reply.calls


def test_a_call_still_running_is_said_to_be() -> None:
    started = {"type": "async_tool", "status": "running", "tool_call_id": "call_1"}
    for note in ("IN_PROGRESS", json.dumps(started)):
        talk = [
            {"role": "user", "content": "Weather in Oslo?"},
            call_message("weather", place="Oslo"),
            result_message(note),
        ]
        assert "moment" in answer_to(talk).text


def test_a_late_result_follows_the_answer_to_what_was_asked_meanwhile() -> None:
    late = {
        "type": "async_tool",
        "status": "finished",
        "tool_call_id": "call_1",
        "result": json.dumps({"status": "ok", "data": {"spoken": "It rains in Oslo."}}),
    }
    talk = [
        {"role": "user", "content": "Weather in Oslo?"},
        call_message("weather", place="Oslo"),
        result_message({"type": "async_tool", "status": "running", "tool_call_id": "call_1"}),
        {"role": "assistant", "content": "One moment."},
        {"role": "user", "content": "Thanks."},
        {"role": "developer", "content": json.dumps(late)},
    ]
    assert answer_to(talk).text == "You're welcome. Anything else? It rains in Oslo."


def test_a_yes_after_a_tools_question_calls_it_again() -> None:
    talk = [
        {"role": "user", "content": "Cancel my appointment tomorrow at three."},
        call_message("cancel_appointment", starts_at="2026-10-06T15:00"),
        result_message({"status": "needs_confirmation", "note": "Shall I cancel it?"}),
        {"role": "assistant", "content": "Shall I cancel it?"},
    ]
    yes = answer_to([*talk, {"role": "user", "content": "Yes, please."}])
    no = answer_to([*talk, {"role": "user", "content": "No."}])
    assert called(yes) == [("cancel_appointment", {"starts_at": "2026-10-06T15:00"})]
    assert not no.calls


def test_the_same_conversation_gives_the_same_reply() -> None:
    assert ask("Tell me a joke.", tools=TOOLS) == ask("Tell me a joke.", tools=TOOLS)
