"""Which bot of a call has sent a message: one follows the other, and all have one identity.

What a lost bot has sent may arrive after the news that another one has come.
"""

from __future__ import annotations

from livekit import rtc

JOB_ATTRIBUTE = "parley.job"
"""Also of the bot itself (`bot/rooms/watch/worker_mark.py`), whose worker sets it."""


def sender_mark(room: rtc.Room) -> dict[str, str]:
    """Return the attribute that goes with each stream of the bot in a connected room.

    Empty where the bot has no job, as it was started by hand.
    """
    job = room.local_participant.attributes.get(JOB_ATTRIBUTE)
    return {JOB_ATTRIBUTE: job} if job else {}
