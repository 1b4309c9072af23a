"""Intents that talk for longer, so that one can interrupt: counting, a story, jokes, sums."""

from __future__ import annotations

from bot.local.brain.conversation import Reply
from bot.local.brain.moment import Moment
from bot.local.brain.numbers import numbers_in, spoken

_COUNT_LIMIT = 100
_COUNT_DEFAULT = 10

STORY = (
    "Once upon a time, on a small island with a red lighthouse, there lived a keeper named Ada. "
    "Every evening she climbed ninety-nine steps and lit the lamp. "
    "One night a thick fog came, and the lamp would not burn. "
    "Ada heard a ship's bell out on the water, coming closer and closer. "
    "She had no light to give, so she opened the window and began to sing. "
    "She sang every song she knew, and when she had no more, she sang them again. "
    "The helmsman heard her, and turned the ship away from the rocks. "
    "In the morning the fog was gone, and the whole crew stood at her door with fresh bread. "
    "Since then the sailors on that coast say: a light is good, but a voice is better. "
    "And that is the end of the story."
)

_JOKES = (
    "Why did the microphone break up with the speaker? There was too much feedback.",
    "I asked the clock for a joke. It said: not now, I'm all wound up.",
    "What do you call a parrot that flew away? A polygon.",
    "Why don't scripts ever get lost? They always follow the lines.",
)


def count(moment: Moment) -> Reply:
    """Count up or down to the number asked for."""
    numbers = numbers_in(moment.text) or [_COUNT_DEFAULT]
    is_down = "down" in moment.text.split() or "backwards" in moment.text.split()
    last = min(max(numbers), _COUNT_LIMIT)
    first = min(min(numbers), last) if len(numbers) > 1 else 1
    counted = list(range(first, last + 1))
    if is_down:
        counted.reverse()
    words = ", ".join(spoken(number) for number in counted)
    return Reply(f"{words[0].upper()}{words[1:]}.")


def tell_story(_: Moment) -> Reply:
    """Tell the story."""
    return Reply(STORY)


def tell_joke(moment: Moment) -> Reply:
    """Tell the next joke, in order, so that nobody hears the same one twice in a row."""
    told = sum(text in _JOKES for text in moment.talk.assistant_texts)
    return Reply(_JOKES[told % len(_JOKES)])


def spell_alphabet(_: Moment) -> Reply:
    """Say the alphabet."""
    return Reply(", ".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ") + ".")


def do_sum(moment: Moment) -> Reply:
    """Work out a sum, difference or product of two numbers."""
    numbers = numbers_in(moment.text.replace("+", " plus "))
    if len(numbers) != 2:
        return Reply("I can only work with two whole numbers. Say, two plus three.")
    first, second = numbers
    sign = moment.match.group("sign")
    if sign in ("times", "multiplied by"):
        result = first * second
    else:
        result = first - second if sign == "minus" else first + second
    words = f"minus {spoken(-result)}" if result < 0 else spoken(result)
    return Reply(f"That makes {words}.")
