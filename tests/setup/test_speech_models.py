from __future__ import annotations

import pytest

from setup import speech_models


def test_what_is_kept_is_what_the_shipped_files_give() -> None:
    for name, content in speech_models.made().items():
        assert (speech_models.FOLDER / name).read_bytes() == content, f"{name}: run `make models`"


@pytest.mark.parametrize("name", ["silero_vad.onnx", "smart-turn-v3.2-cpu.onnx", "silero.npz"])
def test_files_that_are_not_the_known_ones_are_refused(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(speech_models.SHA256, name, "0" * 64)
    with pytest.raises(SystemExit, match=f"{name} is not the known file"):
        speech_models.made()
