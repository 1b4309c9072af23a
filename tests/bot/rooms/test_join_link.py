"""The one-time join link."""

from __future__ import annotations

import pytest

from bot.errors import SessionError
from bot.rooms.join_link import JoinLink
from tests.fake_clock import FakeClock


def refused(link: JoinLink, code: str) -> str:
    with pytest.raises(SessionError) as caught, link.use(code):
        pass
    return caught.value.code


def test_code_is_good_once() -> None:
    link = JoinLink()
    with link.use(link.code):
        assert not link.is_open
    assert refused(link, link.code) == "join_link_used"


def test_code_in_use_is_not_good_for_another() -> None:
    link = JoinLink()
    with link.use(link.code):
        assert refused(link, link.code) == "join_link_used"


def test_failed_use_gives_the_code_back() -> None:
    link = JoinLink()
    with pytest.raises(ZeroDivisionError), link.use(link.code):
        raise ZeroDivisionError
    assert link.is_open


@pytest.mark.promise(
    "Starting a call", "The printed link is good for one start, within ten minutes."
)
def test_code_is_too_old_after_ten_minutes() -> None:
    clock = FakeClock()
    link = JoinLink(clock=clock)
    clock.now += 590.0
    assert link.is_open
    clock.now += 11.0
    assert refused(link, link.code) == "join_link_used"


def test_codes_cannot_be_guessed() -> None:
    codes = {JoinLink().code for _ in range(100)}
    assert len(codes) == 100
    assert min(map(len, codes)) >= 24
