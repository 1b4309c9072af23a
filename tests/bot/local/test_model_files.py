from __future__ import annotations

import pytest

from bot.local.model_files import (
    HIBARI,
    MOONSHINE_DECODER,
    MOONSHINE_ENCODER,
    MOONSHINE_TOKENS,
    SILERO,
    ModelFile,
    ModelFileError,
    checked_path,
)


@pytest.mark.parametrize(
    "file", [HIBARI, MOONSHINE_DECODER, MOONSHINE_ENCODER, MOONSHINE_TOKENS, SILERO]
)
def test_the_installed_models_are_the_known_ones(file: ModelFile) -> None:
    assert checked_path(file).is_file()


def test_another_file_of_the_same_name_is_refused() -> None:
    changed = MOONSHINE_TOKENS._replace(sha256="0" * 64)
    with pytest.raises(ModelFileError, match="not the expected file"):
        checked_path(changed)


@pytest.mark.parametrize(
    "missing",
    [ModelFile("no_such_package_here", "a", ""), MOONSHINE_TOKENS._replace(path="no/file")],
)
def test_a_missing_file_says_how_to_get_it(missing: ModelFile) -> None:
    with pytest.raises(ModelFileError, match="make setup"):
        checked_path(missing)
