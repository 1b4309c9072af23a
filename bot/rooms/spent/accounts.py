"""What each session has used so far: by its bot's reports, and by the clock of this process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bot.settings import Settings
from bot.spent import Spent

_MOST_ACCOUNTS = 10_000
# Above what a session may use, and nothing a report may say: the bot ends it, but not at once.
_REPORT_MARGIN = 2
_DEAREST_TOKEN_MICROS = 100


@dataclass
class Account:
    """One session."""

    network: str = "unknown"
    is_ours: bool = False
    """It was started here, or seen alive."""
    began_at_secs: float | None = None
    """When its call was first seen; None before the caller came."""
    ended_at_secs: float | None = None
    so_far: Spent = field(default_factory=Spent)
    counted: Spent = field(default_factory=Spent)
    """What is in the day's sum already, or of an earlier day."""
    is_unkept: bool = False
    """The store does not have all of it."""


class Accounts:
    """Sessions of this process's memory, the oldest of which go when there are too many.

    A report is a sum, so one that comes twice, or late, changes nothing; what it says is bounded by
    what a session may use, as the process that says it talks with strangers.

    Args:
        most: Of one session; None: anything.
        clock_secs: Monotonic time.
    """

    def __init__(self, *, most: Spent | None, clock_secs: Callable[[], float]) -> None:
        self._most = most
        self._clock_secs = clock_secs
        self._accounts: OrderedDict[str, Account] = OrderedDict()
        self._closed: OrderedDict[str, None] = OrderedDict()

    def __iter__(self) -> Iterator[tuple[str, Account]]:
        """Iterate over sessions that are not closed; they may be closed meanwhile."""
        return iter(list(self._accounts.items()))

    def open(self, session_id: str) -> Account:
        """Return a session's account, made if need be."""
        account = self._accounts.setdefault(session_id, Account())
        while len(self._accounts) > _MOST_ACCOUNTS:
            self.close(next(iter(self._accounts)))
        return account

    def close(self, session_id: str) -> None:
        """Take no more of a session."""
        self._accounts.pop(session_id, None)
        self._closed[session_id] = None
        while len(self._closed) > _MOST_ACCOUNTS:
            self._closed.popitem(last=False)

    def report(self, session_id: str, text: str) -> None:
        """Take what a bot says that its session has used in all."""
        if session_id in self._closed or not text:
            return
        told = Spent.from_json(text)
        beyond = Spent() if self._most is None else told - self._most
        account = self.open(session_id)
        _add(account, told - beyond)
        if told.call_ms:
            self._tick(account)

    def see(self, session_id: str) -> None:
        """The call goes on."""
        if session_id not in self._closed:
            account = self.open(session_id)
            account.is_ours = True
            self._tick(account)

    def _tick(self, account: Account) -> None:
        now_secs = self._clock_secs()
        if account.began_at_secs is None:
            account.began_at_secs = now_secs
        if account.ended_at_secs is None:
            _add(account, Spent(call_ms=round(1000 * (now_secs - account.began_at_secs))))


def most_of_one(settings: Settings) -> Spent | None:
    """Return more than one session can have used; None if it may use anything."""
    tokens = _REPORT_MARGIN * settings.session_max_tokens
    if not tokens:
        return None
    return Spent(
        call_ms=round(1000 * (settings.session_max_secs + 60)),
        prompt_tokens=tokens,
        completion_tokens=tokens,
        speech_chars=tokens,
        money_micros=tokens * _DEAREST_TOKEN_MICROS,
    )


def _add(account: Account, so_far: Spent) -> None:
    more = account.so_far | so_far
    account.is_unkept = account.is_unkept or more != account.so_far
    account.so_far = more
