"""How the brain picks what to say: the state of the conversation first, then the intents."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial

from bot.local.brain import errands, lookups, manners
from bot.local.brain.conversation import Conversation, Reply, ToolCall, normalised
from bot.local.brain.intents import INTENTS, Intent
from bot.local.brain.moment import Moment
from bot.local.brain.results import is_question, phrase, still_working
from bot.local.brain.toolbox import Toolbox

_CLAUSES = re.compile(r"\b(?:and|also|then)\b|[?.!;]", re.IGNORECASE)
_YES = re.compile(r"^(?:yes|yeah|yep|sure|okay|ok|all ?right|of course|please do|do it|go ahead)\b")
_NO = re.compile(r"^(?:no|nope|dont|stop|cancel|never ?mind|forget it)\b")
# What a bare answer to our own question means: it completes what the caller said before.
_JOINED_BY = {
    lookups.ASK_FOR_PLACE: "in",
    errands.ASK_HOW_LONG: "for",
    errands.ASK_WHEN: "",
    errands.ASK_WHICH: "",
    errands.ASK_WHERE_TO: "",
}
_ANYTHING = re.compile("")

MakeMoment = Callable[[str, re.Match[str] | None], Moment]


def answer(talk: Conversation, tools: Toolbox, *, now: datetime) -> Reply:
    """Return what to say and do next. The same conversation gives the same reply.

    Args:
        talk: Everything said so far.
        tools: What may be called.
        now: Local time.
    """
    if talk.has_work_in_progress():
        return still_working()
    if results := talk.results():
        told = phrase(results).text
        if not talk.has_unanswered_words():
            return Reply(told)
        reply = _answer_caller(talk, tools, now)
        return Reply(f"{reply.text} {told}".strip(), reply.calls)
    if not talk.user_texts:
        return Reply(manners.GREETING)
    if talk.last_role in ("system", "developer"):
        return _follow_instruction(talk.last_text)
    return _answer_caller(talk, tools, now)


def _answer_caller(talk: Conversation, tools: Toolbox, now: datetime) -> Reply:
    said = talk.user_texts[-1]
    if not normalised(said):
        return Reply(manners.NOT_CAUGHT)

    def moment(said: str, match: re.Match[str] | None) -> Moment:
        text = normalised(said)
        found = match or _ANYTHING.search(text)
        assert found is not None
        replay = partial(answer, tools=tools, now=now)
        return Moment(said, text, found, talk, tools, now, replay)

    return (
        _answer_pending(said, talk)
        or _answer_lookups(said, moment)
        or _answer_intent(said, moment)
        or _answer_own_question(said, talk, moment)
        or manners.answer_open_question(moment(said, None))
    )


def _first_intent(said: str) -> tuple[Intent, re.Match[str]] | None:
    text = normalised(said)
    for intent in INTENTS:
        if match := intent.pattern.search(text):
            return intent, match
    return None


def _answer_intent(said: str, moment: MakeMoment) -> Reply | None:
    found = _first_intent(said)
    return found[0].answer(moment(said, found[1])) if found else None


def _answer_lookups(said: str, moment: MakeMoment) -> Reply | None:
    """Answer "the time in Rome and the weather in Oslo" with both calls at once."""
    calls: list[ToolCall] = []
    for clause in _CLAUSES.split(said):
        found = _first_intent(clause)
        if found and found[0].is_lookup:
            calls += found[0].answer(moment(clause, found[1])).calls
    return Reply(calls=tuple(calls)) if len(calls) > 1 else None


def _answer_pending(said: str, talk: Conversation) -> Reply | None:
    """Take a yes or no as the answer to a tool that asked for one."""
    pending = talk.before_last_user().last_result_since_user()
    if pending is None or not is_question(pending):
        return None
    if _YES.search(normalised(said)):
        return Reply(calls=(ToolCall(pending.call.name, pending.call.arguments),))
    return Reply("All right, I'll leave it.") if _NO.search(normalised(said)) else None


def _answer_own_question(said: str, talk: Conversation, moment: MakeMoment) -> Reply | None:
    """Take words that mean nothing by themselves as the answer to what we have just asked."""
    asked = talk.assistant_texts[-1:]
    before = talk.before_last_user().user_texts[-1:]
    if not asked or not before or asked[0] not in _JOINED_BY:
        return None
    whole = f"{before[0].rstrip(' .?!')} {_JOINED_BY[asked[0]]} {_without_lead_in(said)}"
    return _answer_intent(" ".join(whole.split()), moment)


def _without_lead_in(said: str) -> str:
    lead_in = r"^(?:(?:um|uh|well|oh|for|in|its|it's|i mean|let's say|how about)\b[ ,]*)+"
    return re.sub(lead_in, "", said, flags=re.IGNORECASE)


def _follow_instruction(text: str) -> Reply:
    """Answer the application, which speaks as `system` or `developer` when nobody else does."""
    wanted = normalised(text)
    if re.search(r"\b(?:good ?bye|end the call|hang up|time is up)\b", wanted):
        return Reply("I have to go now. Goodbye, it was nice talking to you.")
    if re.search(r"\b(?:still there|silent|silence|quiet|idle)\b", wanted):
        return Reply("Are you still there?")
    return Reply(manners.GREETING)
