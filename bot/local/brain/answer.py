"""How the brain picks what to say: the state of the conversation first, then the intents."""

from __future__ import annotations

import re
from functools import partial

from bot.local.brain import lookups, manners
from bot.local.brain.conversation import Conversation, Reply, ToolCall, normalised
from bot.local.brain.intents import INTENTS, Intent
from bot.local.brain.moment import Moment
from bot.local.brain.results import is_question, phrase, still_working
from bot.local.brain.toolbox import Toolbox

_CLAUSES = re.compile(r"\b(?:and|also|then)\b|[?.!;]", re.IGNORECASE)
_YES = re.compile(r"^(?:yes|yeah|yep|sure|okay|ok|all ?right|of course|please do|do it|go ahead)\b")
_NO = re.compile(r"^(?:no|nope|dont|stop|cancel|never ?mind|forget it)\b")
_ANYTHING = re.compile("")


def answer(talk: Conversation, tools: Toolbox) -> Reply:
    """Return what to say and do next. The same conversation gives the same reply."""
    if talk.has_work_in_progress():
        return still_working()
    if results := talk.results():
        return phrase(results)
    if not talk.user_texts:
        return Reply(manners.GREETING)
    if talk.last_role in ("system", "developer"):
        return _follow_instruction(talk.last_text)
    said = talk.user_texts[-1]
    if not normalised(said):
        return Reply(manners.NOT_CAUGHT)
    return (
        _answer_pending(said, talk)
        or _answer_lookups(said, talk, tools)
        or _answer_intent(said, talk, tools)
        or _answer_place(said, talk, tools)
        or manners.answer_open_question(_moment(said, talk, tools))
    )


def _moment(
    said: str, talk: Conversation, tools: Toolbox, match: re.Match[str] | None = None
) -> Moment:
    text = normalised(said)
    found = match or _ANYTHING.search(text)
    assert found is not None
    replay = partial(answer, tools=tools)
    return Moment(said=said, text=text, match=found, talk=talk, tools=tools, replay=replay)


def _first_intent(said: str) -> tuple[Intent, re.Match[str]] | None:
    text = normalised(said)
    for intent in INTENTS:
        if match := intent.pattern.search(text):
            return intent, match
    return None


def _answer_intent(said: str, talk: Conversation, tools: Toolbox) -> Reply | None:
    found = _first_intent(said)
    return found[0].answer(_moment(said, talk, tools, found[1])) if found else None


def _answer_lookups(said: str, talk: Conversation, tools: Toolbox) -> Reply | None:
    """Answer "the time in Rome and the weather in Oslo" with both calls at once."""
    calls: list[ToolCall] = []
    for clause in _CLAUSES.split(said):
        found = _first_intent(clause)
        if found and found[0].is_lookup:
            calls += found[0].answer(_moment(clause, talk, tools, found[1])).calls
    return Reply(calls=tuple(calls)) if len(calls) > 1 else None


def _answer_pending(said: str, talk: Conversation) -> Reply | None:
    """Take a yes or no as the answer to a tool that asked for one."""
    pending = talk.before_last_user().last_result_since_user()
    if pending is None or not is_question(pending):
        return None
    if _YES.search(normalised(said)):
        return Reply(calls=(ToolCall(pending.call.name, pending.call.arguments),))
    return Reply("All right, I'll leave it.") if _NO.search(normalised(said)) else None


def _answer_place(said: str, talk: Conversation, tools: Toolbox) -> Reply | None:
    """Take anything else as the place we have just asked for."""
    spoken = talk.assistant_texts
    if not spoken or not spoken[-1].endswith(lookups.ASK_FOR_PLACE):
        return None
    return lookups.tell_weather_there(_moment(said, talk, tools))


def _follow_instruction(text: str) -> Reply:
    """Answer the application, which speaks as `system` or `developer` when nobody else does."""
    wanted = normalised(text)
    if re.search(r"\b(?:good ?bye|end the call|hang up|time is up)\b", wanted):
        return Reply("I have to go now. Goodbye, it was nice talking to you.")
    if re.search(r"\b(?:still there|silent|silence|quiet|idle)\b", wanted):
        return Reply("Are you still there?")
    return Reply(manners.GREETING)
