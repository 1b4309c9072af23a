from __future__ import annotations

from processors.turns.talk_context import TalkContext


def contents(context: TalkContext) -> list[object]:
    return [message.get("content") for message in context.messages if isinstance(message, dict)]


def test_what_is_added_to_an_unanswered_turn_joins_it() -> None:
    context = TalkContext()
    context.add_message({"role": "user", "content": "What time is it"})
    before = context.messages[-1]
    context.add_message({"role": "user", "content": "in Rome?"})
    assert contents(context) == ["What time is it in Rome?"]
    # A request on its way still says what it said.
    assert isinstance(before, dict) and before.get("content") == "What time is it"


def test_an_answer_ends_the_turn() -> None:
    context = TalkContext()
    context.add_message({"role": "user", "content": "Hello."})
    context.add_message({"role": "assistant", "content": "Hi."})
    context.add_message({"role": "user", "content": "Bye."})
    assert contents(context) == ["Hello.", "Hi.", "Bye."]


def test_what_is_typed_stays_a_message_of_its_own() -> None:
    context = TalkContext()
    context.add_message({"role": "user", "content": "Spoken."})
    context.add_messages([{"role": "user", "content": "Typed."}])
    context.add_message({"role": "user", "content": "Spoken too."})
    assert contents(context) == ["Spoken.", "Typed.", "Spoken too."]
