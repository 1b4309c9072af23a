"""A bot that talks on and on, as a process of its own: `python -m tests.store_writer`.

It tells each turn on standard output when the conversation has it, and whether the store has.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bot.call.session_log import open_session_log
from bot.rooms.plan import JobPlan
from bot.settings import Settings
from processors.agent_protocol.events import Side

WORDS_A_TURN = 6


async def main(data_dir: Path, database_url: str, session_id: str) -> None:
    """Talk until killed: one turn after the other, each word by word."""
    settings = Settings.model_validate({"data_dir": data_dir, "database_url": database_url})
    async with open_session_log(settings, JobPlan(session_id=session_id)) as log:
        log.caller_joined()
        for turn in range(100_000):
            # A turn takes as long as the store may wait to gather, and a little more.
            for word in range(WORDS_A_TURN):
                log.words_heard(f" {turn}.{word}")
                await asyncio.sleep(0.08)
            log.playout_stopped(is_interrupted=False)
            log.turn_added(Side.BOT, " ".join(f"{turn}.{word}" for word in range(WORDS_A_TURN)))
            sys.stdout.write(f"{turn}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    folder, url, session = sys.argv[1:]
    asyncio.run(main(Path(folder), url, session))
