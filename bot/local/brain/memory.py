"""Intents about the conversation itself: who said what, and what comes next."""

from __future__ import annotations

import re

from bot.local.brain.conversation import Reply, normalised
from bot.local.brain.moment import Moment

_NO_REST = "I was done. What would you like next?"
_NAME = re.compile(r"\b(?:my name is|i am called|call me) (\w+)")
_SAY_AFTER_ME = re.compile(
    r"^\W*(?:please )?(?:can you |could you )?(?:repeat|say)(?: after me| the words| this)?[\s:,]+",
    re.IGNORECASE,
)


def repeat_after_me(moment: Moment) -> Reply:
    """Say the caller's words."""
    words = _SAY_AFTER_ME.sub("", moment.said).strip()
    return Reply(words[0].upper() + words[1:] if words else "What shall I repeat?")


def recall_caller(moment: Moment) -> Reply:
    """Say what the caller said before."""
    texts = moment.talk.before_last_user().user_texts
    return Reply(f"You said: {texts[-1]}" if texts else "You had not said anything before that.")


def recall_self(moment: Moment) -> Reply:
    """Say again what the caller heard last."""
    texts = moment.talk.assistant_texts
    return Reply(texts[-1] if texts else "I had not said anything yet.")


def take_name(moment: Moment) -> Reply:
    """Greet the caller by the name they gave."""
    return Reply(f"Nice to meet you, {moment.match.group('name').capitalize()}.")


def recall_name(moment: Moment) -> Reply:
    """Say the caller's name, if they ever gave it."""
    for text in reversed(moment.talk.user_texts):
        if found := _NAME.search(normalised(text)):
            return Reply(f"You told me your name is {found.group(1).capitalize()}.")
    return Reply("You have not told me your name yet.")


def go_on(moment: Moment) -> Reply:
    """Say the rest of the reply that was cut off.

    The same question gives the same reply, so what was not heard of it is the rest.
    """
    earlier = moment.talk.before_last_user()
    if not earlier.user_texts:
        return Reply(_NO_REST)
    whole = moment.replay(earlier.until_last_user()).text.split()
    heard = normalised(earlier.heard_since_last_user()).split()
    at = spoken = 0
    while spoken < len(whole):
        words = normalised(whole[spoken]).split()
        if heard[at : at + len(words)] != words:
            break
        spoken, at = spoken + 1, at + len(words)
    rest = " ".join(whole[spoken:])
    return Reply(rest[0].upper() + rest[1:] if rest else _NO_REST)
