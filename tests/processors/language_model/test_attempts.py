from __future__ import annotations

import pytest

from processors.language_model.attempts import (
    PAUSE_SECS,
    Attempts,
    CutReplyError,
    FilteredReplyError,
    NoWordsError,
)
from processors.provider_requests import ProviderError


class Request:
    """Something that can be asked for in other forms, for a while."""

    def __init__(self, forms: int = 0) -> None:
        self.forms = forms
        self.last_chances = 0

    def adapt(self, error: Exception, *, is_last: bool) -> bool:
        self.last_chances += is_last
        if is_last:
            return False
        self.forms -= 1
        return self.forms >= 0


def pauses(
    error: Exception, *, forms: int = 0, now_secs: float = 5.0, is_relieved: bool = False
) -> list[float]:
    """Return the pauses before each further attempt at what always fails like this."""
    request = Request(forms)
    attempts = Attempts(adapt=request.adapt, give_up_secs=4.0, is_relieved=is_relieved)
    found: list[float] = []
    while len(found) < 20:
        pause_secs = attempts.pause_secs(error, now_secs=now_secs)
        if pause_secs is None:
            return found
        found.append(pause_secs)
    return found


def status(code: int, text: str = "") -> ProviderError:
    return ProviderError(body=text, code="", status_code=code)


def busy(secs: float) -> ProviderError:
    return ProviderError(body="", code="", status_code=429, retry_after_secs=secs)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TimeoutError(), [0.0]),
        (NoWordsError("an empty completion"), [0.0]),
        (CutReplyError("a reply that was cut short"), [0.0]),
        (status(500), [0.0]),
        (status(429), [PAUSE_SECS]),
        (status(529), [PAUSE_SECS]),
        (FilteredReplyError("filtered"), []),
        (status(401), []),
        (status(402), []),
        (status(400, "your credit balance is too low"), []),
        (status(404, "not_found_error model: claude"), []),
        (LookupError("of our own"), [0.0]),
    ],
)
def test_what_may_pass_is_asked_for_once_more(error: Exception, expected: list[float]) -> None:
    assert pauses(error) == expected


def test_a_model_that_is_being_loaded_is_waited_for_as_long_as_a_first_word() -> None:
    loading = status(503, "Loading model")
    assert len(pauses(loading, now_secs=3.0)) == 20
    assert len(pauses(loading, now_secs=5.0)) == 1


@pytest.mark.parametrize(
    ("error", "alone", "relieved"),
    [
        (busy(3.0), [3.0], []),
        (busy(0.2), [0.2], [0.2]),
        (status(429), [PAUSE_SECS], [PAUSE_SECS]),
        (TimeoutError(), [0.0], [0.0]),
        (busy(9.0), [], []),
    ],
)
def test_who_is_relieved_is_waited_for_less(
    error: Exception, alone: list[float], relieved: list[float]
) -> None:
    assert pauses(error) == alone
    assert pauses(error, is_relieved=True) == relieved


def test_a_model_that_is_being_loaded_is_not_waited_for_by_who_is_relieved() -> None:
    assert len(pauses(status(503, "Loading model"), now_secs=3.0, is_relieved=True)) == 1


def test_each_other_form_is_an_attempt_of_its_own_up_to_a_limit() -> None:
    assert pauses(status(400), forms=3) == [0.0] * 4
    assert pauses(status(400), forms=100) == [0.0] * 7


def test_the_last_chance_comes_after_the_second_attempt() -> None:
    request = Request()
    attempts = Attempts(adapt=request.adapt, give_up_secs=0.0)
    assert attempts.pause_secs(TimeoutError(), now_secs=1.0) == 0.0
    assert request.last_chances == 0
    assert attempts.pause_secs(TimeoutError(), now_secs=1.0) is None
    assert request.last_chances == 1
