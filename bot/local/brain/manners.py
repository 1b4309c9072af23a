"""Intents of good manners: greeting, thanks, goodbye, and who one is talking to."""

from __future__ import annotations

from bot.local.brain.conversation import Reply
from bot.local.brain.moment import Moment

GREETING = "Hi, I'm Parley. What can I do for you?"
NOT_CAUGHT = "I didn't catch that. Could you say it again?"

_HOW_TO_PLUG_IN = (
    "To talk about anything at all, set OPENAI_API_KEY, or OPENAI_BASE_URL for a model of your own,"
    " in the file .env and start me again."
)
_OPEN_QUESTION = (
    "That is beyond me: I'm a scripted stand-in, with no language model behind me. "
    f"{_HOW_TO_PLUG_IN} Until then, ask me for the time, the weather, a story or a joke."
)
_OPEN_AGAIN = (
    "My script has no answer to that either. I can tell the time and the weather, count, tell a"
    " story or a joke, and repeat what you said."
)


def greet(moment: Moment) -> Reply:
    """Answer a hello."""
    has_spoken = bool(moment.talk.assistant_texts)
    return Reply("Hello! What can I do for you?" if has_spoken else GREETING)


def how_are_you(_: Moment) -> Reply:
    """Answer the polite question."""
    return Reply("Very well, thank you. A script has no bad days. How can I help you?")


def introduce(_: Moment) -> Reply:
    """Say honestly who answers."""
    return Reply(
        "I'm Parley, a voice assistant. Right now a scripted stand-in answers for me, without a"
        " language model. The hearing and the voice are real, and both run on this machine."
    )


def list_abilities(moment: Moment) -> Reply:
    """Say what works with the tools at hand."""
    abilities = ["count", "tell a story or a joke", "repeat what you said"]
    if moment.tools.find("appointment"):
        abilities.insert(0, "keep your appointments")
    if moment.tools.find("timer"):
        abilities.insert(0, "set a timer")
    if moment.tools.find("weather|forecast"):
        abilities.insert(0, "look up the weather")
    if moment.tools.find("time|clock"):
        abilities.insert(0, "tell you the time in a city")
    listed = ", ".join(abilities[:-1]) + f" and {abilities[-1]}"
    return Reply(f"I can {listed}. And you can interrupt me whenever you like.")


def plug_in(_: Moment) -> Reply:
    """Say how a real model gets in."""
    return Reply(_HOW_TO_PLUG_IN)


def confirm_hearing(_: Moment) -> Reply:
    """Answer "can you hear me"."""
    return Reply("Yes, I'm here, and I hear you well.")


def welcome(_: Moment) -> Reply:
    """Answer thanks."""
    return Reply("You're welcome. Anything else?")


def return_pleasure(_: Moment) -> Reply:
    """Answer "nice to meet you"."""
    return Reply("Nice to meet you too. What can I do for you?")


def say_goodbye(moment: Moment) -> Reply:
    """Say goodbye, and hang up if that is possible."""
    name = moment.tools.find("end|hang|finish", "call|up|session|conversation")
    call = moment.tools.call(name, {"reason": "goodbye"}) if name else None
    return Reply("Goodbye, it was nice talking to you.", (call,) if call else ())


def be_quiet(_: Moment) -> Reply:
    """Answer "stop" and "wait"."""
    return Reply("All right. I'm listening.")


def forgive(_: Moment) -> Reply:
    """Answer "sorry" and "never mind"."""
    return Reply("No problem at all.")


def agree(_: Moment) -> Reply:
    """Answer a bare yes."""
    return Reply("Good. What would you like?")


def accept_no(_: Moment) -> Reply:
    """Answer a bare no."""
    return Reply("All right. Just tell me when you need something.")


def take_praise(_: Moment) -> Reply:
    """Answer a compliment."""
    return Reply("Thank you, that's kind of you.")


def answer_open_question(moment: Moment) -> Reply:
    """Say plainly that there is no model, and how to get one; shorter the second time."""
    is_first = not any("language model" in text for text in moment.talk.assistant_texts)
    return Reply(_OPEN_QUESTION if is_first else _OPEN_AGAIN)
