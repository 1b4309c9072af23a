"""The table of everything the brain understands. Earlier rows win.

A row is a pattern and the function that answers; the pattern is searched in normalised text (lower
case, no apostrophes, no punctuation), so it copes with what a recogniser writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from bot.local.brain import errands, lookups, manners, memory, telling
from bot.local.brain.conversation import Reply
from bot.local.brain.moment import Moment


class Intent(NamedTuple):
    """One thing a caller may want."""

    pattern: re.Pattern[str]
    answer: Callable[[Moment], Reply]
    is_lookup: bool
    """Several of these can be answered in one turn."""


def _intent(answer: Callable[[Moment], Reply], *patterns: str, is_lookup: bool = False) -> Intent:
    return Intent(re.compile("|".join(patterns)), answer, is_lookup)


_POLITE = r"^(?:um |uh |well |so |ok |okay |hey |hi |hello |please |parley |can you |could you )*"

INTENTS: tuple[Intent, ...] = (
    _intent(memory.repeat_after_me, _POLITE + r"(?:repeat|say) (?:after me|the words?|this)\b"),
    _intent(
        memory.recall_caller, r"\bwhat (?:did|have|had) i (?:just )?(?:say|said|tell|told|ask)"
    ),
    _intent(
        memory.recall_self,
        r"\bwhat (?:did|have|had|was it) you (?:just )?(?:say|said)",
        r"\b(?:say|repeat) (?:that|it|yourself)\b",
        _POLITE + r"repeat(?: please)?$",
        r"^(?:i beg your )?pardon|\bcome again\b|^(?:sorry )?what$",
    ),
    _intent(
        memory.go_on, r"\b(?:go on|go ahead|continue|carry on|keep going|where were (?:you|we))\b"
    ),
    _intent(
        manners.say_goodbye,
        # The recogniser also writes "good-by", "that's all, by" and "and the call".
        r"\b(?:good ?bye?|bye|see you|hang up|talk to you (?:later|soon))\b|^(?:\w+ ){0,4}by$",
        r"\bthats (?:all|it)(?: for (?:now|today))?$",
        r"\b(?:end|and|finish|stop) (?:the|this|our) (?:call|conversation)\b",
    ),
    _intent(errands.cancel_timer, r"\b(?:cancel\w*|stop|delete|remove)\b.*\b(?:timer|alarm)s?\b"),
    _intent(errands.set_timer, r"\b(?:timer|alarm)\b|\b(?:wake|remind) me in\b"),
    _intent(
        errands.cancel_appointment,
        r"\b(?:cancel\w*|delete|remove)\b.*\b(?:appointment|meeting|booking)\b",
    ),
    _intent(errands.move_appointment, r"\b(?:move|reschedule|shift|postpone)\b.*\bto\b"),
    _intent(
        errands.book_appointment,
        r"\b(?:book|make|schedule|arrange|set up|add|need)\b.*\b(?:appointment|meeting)\b",
        r"\b(?:book|schedule)\b",
    ),
    _intent(errands.list_appointments, r"\b(?:appointments?|calendar|agenda|meetings)\b"),
    _intent(memory.recall_name, r"\bmy name again\b|\bwh(?:o am i|ats my name|at is my name)\b"),
    _intent(memory.take_name, r"\b(?:my name is|i am called|call me) (?P<name>\w+)"),
    _intent(telling.count, r"\bcount\b"),
    _intent(telling.tell_story, r"\b(?:story|fairy ?tale|tale)\b|\bsomething long\b"),
    _intent(telling.tell_joke, r"\bjokes?\b|\bmake me laugh\b|\bsomething funny\b"),
    _intent(telling.spell_alphabet, r"\balphabet\b"),
    _intent(
        lookups.tell_weather,
        r"\b(?:weather|forecast|temperature|rain|raining|rainy|sunny|snow|snowing|umbrella)\b",
        is_lookup=True,
    ),
    _intent(
        lookups.tell_time,
        r"\b(?:whats|what is|tell me|know|have) (?:the )?(?:current |local )?(?:time|date|day)\b",
        r"\bwhat (?:time|day|date)\b|\btime (?:is it|in)\b|\bthe time\b|\bhow late\b",
        is_lookup=True,
    ),
    _intent(telling.do_sum, r"\w (?P<sign>plus|minus|times|multiplied by|\+) \w"),
    _intent(
        manners.plug_in,
        r"\b(?:plug in|api key|open ?ai|chat ?gpt|configure|connect)\b",
        r"\b(?:real|own|language) model\b",
    ),
    _intent(
        manners.list_abilities,
        r"\bwhat (?:else )?can (?:you|i) (?:do|ask|say)\b|\bhelp\b|\bwhat else\b",
        r"\byour (?:skills|abilities|features)\b",
    ),
    _intent(
        manners.introduce,
        r"\b(?:who|what) are you\b|\byour name\b|\babout yourself\b|\bare you there a\b",
        r"\bare you (?:a |an )?(?:real|human|robot|bot|ai|person|machine|computer|script)",
    ),
    _intent(manners.how_are_you, r"\bhow(?: are you|s it going| is it going| do you do)\b"),
    _intent(
        manners.confirm_hearing, r"\b(?:can|do) you hear\b|\b(?:are you|anybody) (?:still )?there\b"
    ),
    _intent(
        manners.agree,
        r"^(?:yes|yeah|yep|sure|okay|ok|all ?right|right|of course|fine)"
        r"(?: please| thank(?:s| you))?$",
    ),
    _intent(manners.accept_no, r"^(?:no|nope|not really|nothing|no nothing)(?: thank(?:s| you))?$"),
    _intent(manners.return_pleasure, r"\b(?:nice|pleased|glad) to meet you\b"),
    _intent(manners.welcome, r"\bthanks?\b|\bthank you\b"),
    _intent(
        manners.take_praise,
        r"\b(?:well done|(?:good|great|nice) (?:job|one)|very good)\b",
        r"\bi (?:like|love) (?:you|it|that)\b",
        r"\bthats (?:great|nice|funny|cool|amazing|good)\b",
    ),
    _intent(
        manners.be_quiet,
        _POLITE + r"(?:stop|wait|hold on|be quiet|quiet|shut up|enough|hang on)\b",
        r"^(?:one|just a) (?:moment|second)\b",
    ),
    _intent(manners.forgive, r"\b(?:sorry|never ?mind|forget it|my mistake)\b"),
    _intent(
        manners.greet, r"^(?:hello|hi|hey|good (?:morning|afternoon|evening|day)|howdy)\b.{0,20}$"
    ),
)
