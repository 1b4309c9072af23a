from __future__ import annotations

from processors.room.microphone_signs import MicrophoneSigns


class Clock:
    now_secs = 0.0

    def __call__(self) -> float:
        return self.now_secs


def test_a_microphone_is_off_when_there_is_none_or_it_is_muted() -> None:
    signs = MicrophoneSigns()
    assert signs.is_off
    signs.came(is_muted=False)
    assert not signs.is_off
    signs.muted(is_muted=True)
    assert signs.is_off
    signs.muted(is_muted=False)
    assert not signs.is_off
    signs.went()
    assert signs.is_off
    signs.came(is_muted=True)
    assert signs.is_off


def test_zeros_alone_are_no_sign_of_life() -> None:
    clock = Clock()
    signs = MicrophoneSigns(clock_secs=clock)
    signs.came(is_muted=False)
    clock.now_secs = 6.0
    signs.hear(bytes(1024))
    assert signs.dead_secs == 6.0
    signs.hear(bytes(1022) + b"\x01\x00")
    assert signs.dead_secs == 0.0
