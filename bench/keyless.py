"""Voice to voice without a key: our own recogniser, brain and voice, in a real LiveKit room.

    python -m bench.keyless --sessions 5 --questions 11

Everything runs on this machine, so the providers take part of the cores they are measured on. The
first turn of each session is told apart, and so are turns that need a tool: after a plain turn, and
cutting in on a long reply.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

from bench.caller import Caller
from bench.exchange import QUESTIONS
from bench.rows import RowFile, machine
from bench.stage import open_stage, quiet_logs
from bench.stats import summarize
from bench.subjects import MAX_LAG_MS, Subject, open_subject
from bench.voice import spoken

_TOOL_QUESTION = "What time is it in Tokyo?"
_LONG_REPLY = "Please tell me a long story."
_CUT_AFTER_SECS = 2.0
"""After the first sample of the long reply."""

NO_PROVIDERS = {
    name: ""
    for name in ("DEEPGRAM_API_KEY", "DEEPGRAM_BASE_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL")
}
_BOT_LIMIT_SECS = 30.0
_REPLY_LIMIT_SECS = 10.0
_QUIET_SECS = 1.2


async def _run(options: argparse.Namespace) -> None:
    for question in (*QUESTIONS, _TOOL_QUESTION, _LONG_REPLY):
        spoken(question)  # now: synthesis in the middle of a call would make the caller late
    with RowFile("keyless") as rows:
        rows.add(kind="machine", **machine())
        async with AsyncExitStack() as stack:
            stage = await stack.enter_async_context(open_stage())
            product = open_subject("ours", stage, environment=NO_PROVIDERS)
            subject = await stack.enter_async_context(product)
            for session in range(options.sessions):
                await _talk(rows, subject, session, options.questions)
        print_table(rows.rows)
        print(f"\nrows: {rows.path}")


async def _talk(rows: RowFile, subject: Subject, session: int, questions: int) -> None:
    generator = random.Random(session)
    seat = await subject.start_session()
    found: list[dict[str, Any]] = []
    async with Caller.join(seat.server_url, seat.token) as caller:
        await caller.wait_for_bot(_BOT_LIMIT_SECS)
        await caller.wait_for_onset(0.0, _BOT_LIMIT_SECS)
        await caller.wait_for_silence(_QUIET_SECS)
        for number in range(questions):
            await asyncio.sleep(generator.uniform(0.0, 0.1))
            question = generator.choice(QUESTIONS)
            v2v_ms = await _ask(caller, question)
            found.append({"question": question, "exchange": _kind(number), "v2v_ms": v2v_ms})
        v2v_ms = await _ask(caller, _TOOL_QUESTION)
        found.append({"question": _TOOL_QUESTION, "exchange": "tool", "v2v_ms": v2v_ms})
        await _hear_a_while(caller)
        v2v_ms = await _ask(caller, _TOOL_QUESTION)
        found.append({"question": _TOOL_QUESTION, "exchange": "tool, cutting in", "v2v_ms": v2v_ms})
        lag_ms = caller.microphone.lag_p99_ms
    is_valid = lag_ms <= MAX_LAG_MS
    for row in found:
        rows.add(kind="turn", session=session, **row, is_valid=is_valid)
    rows.add(kind="session", session=session, lag_p99_ms=lag_ms, is_valid=is_valid)
    print(f"session {session}: {[round(row['v2v_ms'] or 0) for row in found]}; lag {lag_ms:.1f}")


def _kind(number: int) -> str:
    return "later" if number else "first"


async def _hear_a_while(caller: Caller) -> None:
    said = await caller.say(spoken(_LONG_REPLY))
    await caller.wait_for_onset(said.u1_secs, _REPLY_LIMIT_SECS)
    await asyncio.sleep(_CUT_AFTER_SECS)


async def _ask(caller: Caller, question: str) -> float | None:
    said = await caller.say(spoken(question))
    try:
        onset_secs = await caller.wait_for_onset(said.u1_secs, _REPLY_LIMIT_SECS)
    except TimeoutError:
        return None
    await caller.wait_for_silence(_QUIET_SECS)
    return (onset_secs - said.u1_secs) * 1000


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    """Print voice to voice, each kind of turn apart."""
    turns = [row for row in rows if row["kind"] == "turn" and row["is_valid"]]
    for exchange in ("first", "later", "tool", "tool, cutting in"):
        own = [row["v2v_ms"] for row in turns if row["exchange"] == exchange]
        print(f"{exchange}, ms: {summarize([ms for ms in own if ms is not None])}")
    dropped = sum(row["kind"] == "session" and not row["is_valid"] for row in rows)
    silent = sum(row["v2v_ms"] is None for row in turns)
    print(f"sessions left out because the caller lagged: {dropped}; without an answer: {silent}")


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=5)
    parser.add_argument("--questions", type=int, default=11, help="a session")
    quiet_logs()
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    _main()
