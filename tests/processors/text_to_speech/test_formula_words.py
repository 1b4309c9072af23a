from __future__ import annotations

import pytest

from processors.text_to_speech.spoken_pieces import pieces_of

_FORMULA = r"\(x^2 \leq \frac{1}{y^5}\)"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("", "x squared at most 1 over y to the 5"),
        ("pt-BR", "x squared at most 1 over y to the 5"),
        ("de-AT", "x zum Quadrat höchstens 1 durch y hoch 5"),
        ("fr", "x au carré au plus 1 sur y puissance 5"),
        ("es", "x al cuadrado como máximo 1 sobre y elevado a 5"),
        ("ja", "x の2乗 以下 1 割る y の5乗"),
    ],
)
async def test_a_formula_is_spoken_in_the_language_of_the_reply(language: str, said: str) -> None:
    assert " ".join(await pieces_of(_FORMULA, language=language)).rstrip(".。") == said
