"""What an intent gets to see when it is its turn to answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.local.brain.conversation import Conversation, Reply
from bot.local.brain.toolbox import Toolbox


@dataclass(frozen=True)
class Moment:
    """One thing the caller said, in its conversation."""

    said: str
    """As the recogniser wrote it."""
    text: str
    """The same, normalised for patterns."""
    match: re.Match[str]
    talk: Conversation
    tools: Toolbox
    now: datetime
    """Local time, for "tomorrow at three"."""
    replay: Callable[[Conversation], Reply]
    """The brain itself, to find out what it once answered."""
