"""What each kind of markup in a reply is spoken as."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from re import Match

from .formula_words import FormulaWords

_NEVER = re.compile(r"(?!)")
_HTML_BREAKS = re.compile(r"br|p|li|ul|ol|div|table|tr|hr|pre|blockquote|h[1-6]")
_HTML_CELLS = re.compile(r"t[dh]")


Say = Callable[[Match[str], str, FormulaWords], str]


@dataclass(frozen=True)
class Markup:
    """One kind of markup, recognised where the text not yet spoken begins."""

    whole: re.Pattern[str]
    part: re.Pattern[str]
    """Matches, as a whole, a text that may still become the markup: more is awaited."""
    say: str | Say
    """What is said for it, or how that follows from the match and the end of what was said."""

    def spoken(self, match: Match[str], said: str, words: FormulaWords) -> str:
        """Return what is said for this match after `said`; "\\n" is a pause."""
        return self.say if isinstance(self.say, str) else self.say(match, said, words)


def _markup(whole: str, part: str | None, say: str | Say) -> Markup:
    return Markup(re.compile(whole), re.compile(part) if part else _NEVER, say)


def _star(match: Match[str], said: str, _words: FormulaWords) -> str:
    before, after = said[-1:], match.group(1)
    is_product = before.isdigit() and after.isdigit()
    stands_alone = before in ("", " ") and after == " "
    return "*" if len(match.group()) == 1 and (is_product or stands_alone) else ""


def _underscore(match: Match[str], said: str, _words: FormulaWords) -> str:
    return " " if said[-1:].isalnum() and match.group(1).isalnum() else ""


def _tag(match: Match[str], _: str, _words: FormulaWords) -> str:
    name = match.group(1).lower()
    return "\n" if _HTML_BREAKS.fullmatch(name) else ", " if _HTML_CELLS.fullmatch(name) else ""


def _tex_command(match: Match[str], said: str, words: FormulaWords) -> str:
    word = words.command(match.group(1))
    space = "" if said[-1:] in ("", " ", "\n") else " "
    return f"{space}{word} " if word else ""


def _power(match: Match[str], _: str, words: FormulaWords) -> str:
    return words.to_the(match.group(1) or match.group(2))


def _over(_: Match[str], _said: str, words: FormulaWords) -> str:
    return f" {words.over} "


def _closing_dollar(_: Match[str], said: str, _words: FormulaWords) -> str:
    return "" if said.rstrip()[-1:].isalpha() else "$"


def _number_sign(match: Match[str], said: str, _words: FormulaWords) -> str:
    is_word = match.group(1).isalnum() or said[-1:].isalnum()
    return "#" if len(match.group()) == 1 and is_word else ""


def _greater(_: Match[str], said: str, _words: FormulaWords) -> str:
    return ">" if said[-1:] == " " else ""


INLINE: dict[str, tuple[Markup, ...]] = {
    "*": (_markup(r"\*+(?=([^*]))", r"\*+", _star),),
    "_": (
        # Of an e-mail address it is a letter.
        _markup(r"_(?=[\w.+-]*@)", r"_[\w.+-]{0,60}", "_"),
        _markup(r"_+(?=([^_]))", r"_+", _underscore),
    ),
    "`": (_markup(r"`+(?=[^`])", r"`+", ""),),
    "~": (
        # What is struck out was taken back.
        _markup(r"~~[^~\n]*~~", r"~(?:~[^~\n]{0,200}~?)?", ""),
        _markup(r"~~+", None, ""),
    ),
    "!": (_markup(r"!(?=\[)", r"!", ""),),
    "[": (
        # A footnote, a source, a box to tick.
        _markup(
            r"\[(?:\^[^\]\n]*|\d[\d ,–-]*|[ xX])\](?=[^(])",
            r"\[(?:\^[^\]\n]{0,60}|\d[\d ,–-]{0,60}|[ xX]?)\]?",
            "",
        ),
        _markup(r"\[", None, ""),
    ),
    "]": (_markup(r"\]\[[^\]\n]*\]", r"\](?:\[[^\]\n]{0,200})?", ""), _markup(r"\]", None, "")),
    "【": (_markup(r"【\d[^】\n]*†[^】\n]*】", r"【(?:\d[^】\n]{0,60})?", ""),),
    "<": (
        _markup(r"<!--(?s:.*?)-->", r"<(?:!(?:-(?:-(?s:.{0,200}))?)?)?", ""),
        _markup(r"<(?=https?://|mailto:|[^\s<>/]+@)", r"<[^\s<>/]{0,60}", ""),
        _markup(r"</?([A-Za-z][A-Za-z0-9]*)[^<>\n]*>", r"</?(?:[A-Za-z][^<>\n]{0,200})?", _tag),
    ),
    ">": (_markup(r">", None, _greater),),
    "&": (
        _markup(
            r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});",
            r"&(?:#[xX]?[0-9a-fA-F]{0,7}|[A-Za-z][A-Za-z0-9]{0,31})?",
            lambda match, *_: html.unescape(match.group()),
        ),
    ),
    "\\": (
        _markup(r"\\[()\[\]]", r"\\", ""),
        _markup(r"\\([!-/:-@^-`{-~])", None, lambda match, *_: match.group(1)),
        _markup(r"\\([A-Za-z]+)(?=[^A-Za-z])", r"\\[A-Za-z]+", _tex_command),
        _markup(r"\\", None, " "),
    ),
    "{": (_markup(r"\{", None, ""),),
    "}": (_markup(r"\}\{", r"\}", _over), _markup(r"\}", None, "")),
    "$": (
        _markup(r"\$\$", r"\$", ""),
        _markup(r"\$(?=[A-Za-z\\({])(?!\w*\$\d)", None, ""),
        _markup(r"\$(?=[\s.,;:!?)])", None, _closing_dollar),
    ),
    "^": (_markup(r"\^(?:\{([^{}\n]{1,20})\}|([^\W_]))", r"\^(?:\{[^{}\n]{0,20})?", _power),),
    "#": (_markup(r"#+(?=([^#]))", r"#+", _number_sign),),
    "|": (_markup(r"\|", None, ","),),
}
"""By the first character; the first that matches holds. What none matches is spoken as it is."""


def _row(match: Match[str], _: str, _words: FormulaWords) -> str:
    cells = (cell.strip() for cell in match.group(1).replace("\\|", "/").split("|"))
    return ", ".join(cell for cell in cells if cell) + "\n"


def _number(match: Match[str], said: str, _words: FormulaWords) -> str:
    # A reply may also begin with a bare answer: "5. Anything else?"
    is_item = said or match.group(1) == "1"
    return f"{match.group(1)}, " if is_item else match.group()


RULE = _markup(r"[-*_=|:+][-*_=|:+ \t]*\n", r"[-*_=|:+][-*_=|:+ \t]*", "")
"""A line across, the underline of a heading or of a table's head."""
QUOTE = _markup(r">[ \t]?", None, "")
DEFINITION = _markup(
    r"\[[^\]\n]+\]:[ \t]*(?:https?:|www\.|mailto:|[/#<])[^\n]*\n",
    r"\[[^\]\n]{0,200}(?:\](?::[^\n]{0,500})?)?",
    "",
)
"""Of a link, which is spoken nowhere."""
TABLE_ROW = _markup(r"\|([^\n]*)\n", r"\|[^\n]{0,500}", _row)
LINE_STARTS = (
    _markup(r"#{1,6}[ \t]+", r"#{1,6}", ""),
    _markup(r"[-*+•◦▪‣·–—][ \t]+", r"[-*+•◦▪‣·–—]", ""),
    _markup(r"(\d{1,2})[.)][ \t]+(?=\S)", r"\d{1,2}(?:[.)][ \t]*)?", _number),
    _markup(r"\[\^[^\]\n]+\]:[ \t]*", r"\[\^[^\]\n]{0,60}\]?", ""),
)
"""A heading, an item, a numbered item, a footnote."""

CODE_FENCE = _markup(
    r"(`{3,}|~{3,})([^`\n]*)\n", r"`{3,}[^`\n]{0,200}|`{1,2}|~{3,}[^\n]{0,200}|~{1,2}", ""
)
CODE_FENCE_IN_LINE = _markup(r"(`{3,}|~{3,})([\w+#-]*)[ \t]*\n", CODE_FENCE.part.pattern, "")
"""After other text; what is more than the name of a language is text too."""
FENCE_TAIL = r"`*(?:[ \t]*[\w+#-]*[ \t]*(?=\n))?"
"""After the fence that ends a listing."""
PROSE = frozenset(("markdown", "md", "text", "txt", "plaintext"))
"""Languages of fenced text that is no code: some models put their whole answer into it."""

_ADDRESS_CHAR = r"[^\s<>\"'`\u2e80-\uffef]"
HOST = re.compile(
    r"(?i)(?:https?://(?:[A-Za-z0-9._~%!$+=:-]{0,60}@)?|(?=www\.))(?:www\.)?"
    r"([^\s<>\"'`\u2e80-\uffef/?#:]+)(?=[\s<>\"'`\u2e80-\uffef/?#:])"
)
HOST_PART = re.compile(
    r"(?i)h(?:t(?:t(?:ps?(?::(?:/(?:/[^\s<>\"'`\u2e80-\uffef/?#]{0,200})?)?)?)?)?)?"
    r"|w(?:w(?:w(?:\.[^\s<>\"'`\u2e80-\uffef/?#:]{0,200})?)?)?"
)
PATH = re.compile(rf"{_ADDRESS_CHAR}*")
DOMAIN = re.compile(r"(?:[\w-]+\.)+[A-Za-z]{2,}$")
"""At the end of what was said: a slash after it begins the path of an address."""
