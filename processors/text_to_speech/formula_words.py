"""How a formula is spoken, by the language of the reply."""

from __future__ import annotations

from dataclasses import dataclass

_COMMANDS = (
    *("approx", "cdot", "div", "geq", "ge", "leq", "le", "neq", "pm", "sqrt", "times", "to"),
)
_SILENT = dict.fromkeys(("frac", "dfrac", "tfrac", "text", "mathrm", "mathbf", "left", "right"), "")


@dataclass(frozen=True)
class FormulaWords:
    """What is said for TeX commands, fractions and powers."""

    said: tuple[str, ...]
    """For each of the commands, in their order."""
    over: str
    """Between the halves of a fraction."""
    squared: str
    cubed: str
    power: str
    """Any other, over {power}."""

    def command(self, name: str) -> str:
        """Return what is said for a command; one that is not known is said as it is written."""
        known = dict(zip(_COMMANDS, self.said, strict=True)) | _SILENT
        return known.get(name, name)

    def to_the(self, power: str) -> str:
        """Return what is said for a power."""
        named = {"2": self.squared, "3": self.cubed}
        return " " + named.get(power, self.power.format(power=power))


_WORDS = {
    "de": FormulaWords(
        said=(
            *("ungefähr", "mal", "geteilt durch", "mindestens", "mindestens", "höchstens"),
            *("höchstens", "ist nicht", "plus oder minus", "die Wurzel aus", "mal", "nach"),
        ),
        over="durch",
        squared="zum Quadrat",
        cubed="hoch 3",
        power="hoch {power}",
    ),
    "en": FormulaWords(
        said=(
            *("approximately", "times", "divided by", "at least", "at least", "at most"),
            *("at most", "is not", "plus or minus", "the square root of", "times", "to"),
        ),
        over="over",
        squared="squared",
        cubed="cubed",
        power="to the {power}",
    ),
    "es": FormulaWords(
        said=(
            *("aproximadamente", "por", "dividido entre", "como mínimo", "como mínimo"),
            *("como máximo", "como máximo", "no es", "más o menos", "la raíz cuadrada de", "por"),
            "a",
        ),
        over="sobre",
        squared="al cuadrado",
        cubed="al cubo",
        power="elevado a {power}",
    ),
    "fr": FormulaWords(
        said=(
            *("environ", "fois", "divisé par", "au moins", "au moins", "au plus", "au plus"),
            *("n'est pas", "plus ou moins", "la racine carrée de", "fois", "vers"),
        ),
        over="sur",
        squared="au carré",
        cubed="au cube",
        power="puissance {power}",
    ),
    "ja": FormulaWords(
        said=(
            *("約", "かける", "割る", "以上", "以上", "以下", "以下", "ノットイコール"),
            *("プラスマイナス", "ルート", "かける", "から"),
        ),
        over="割る",
        squared="の2乗",
        cubed="の3乗",
        power="の{power}乗",
    ),
}


def formula_words(language: str) -> FormulaWords:
    """Return the words of a language, as Pipecat names it ("de" of "de-AT"); else English."""
    return _WORDS.get(language, _WORDS["en"])
