from __future__ import annotations

import pytest

from bot.local import silero, voice
from processors import moonshine
from processors.model_files import ModelFile, ModelFileError, checked_path


@pytest.mark.parametrize(
    "file",
    [voice.MODEL, silero.MODEL, moonshine.ENCODER, moonshine.DECODER, moonshine.TOKENS],
)
def test_the_installed_models_are_the_known_ones(file: ModelFile) -> None:
    assert checked_path(file).is_file()


def test_another_file_of_the_same_name_is_refused() -> None:
    changed = moonshine.TOKENS._replace(sha256="0" * 64)
    with pytest.raises(ModelFileError, match="not the expected file"):
        checked_path(changed)


@pytest.mark.parametrize(
    "missing",
    [ModelFile("no_such_package_here", "a", ""), moonshine.TOKENS._replace(path="no/file")],
)
def test_a_missing_file_says_how_to_get_it(missing: ModelFile) -> None:
    with pytest.raises(ModelFileError, match="make setup"):
        checked_path(missing)
