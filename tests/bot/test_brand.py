"""The operator's own name and look, and what a file that is wrong is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.brand import Brand, accent_of, read_brand
from bot.errors import SettingsError
from bot.settings import load_settings

_LOGO = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
_WHOLE = """
name = "Ada"
headline = "Ask us anything."
color = "#3355cc"
logo = "logo.svg"
links = [{ text = "Imprint", url = "https://ada.example/imprint" }]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "brand"
    inside.mkdir()
    (inside / "logo.svg").write_bytes(_LOGO)
    (inside / "logo.gif").write_bytes(_LOGO)
    (inside / "large.svg").write_bytes(_LOGO * 2000)
    (tmp_path / "outside.svg").write_bytes(_LOGO)
    return inside


def _brand(folder: Path, text: str | bytes) -> Path:
    path = folder / "brand.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_what_is_in_the_file_is_the_brand(folder: Path) -> None:
    brand = read_brand(_brand(folder, _WHOLE))
    assert (brand.name, brand.headline, brand.color) == ("Ada", "Ask us anything.", "#3355cc")
    assert brand.logo == folder / "logo.svg"
    [link] = brand.links
    assert (link.text, link.url) == ("Imprint", "https://ada.example/imprint")


@pytest.mark.parametrize("text", [None, ""], ids=["no file", "an empty file"])
def test_without_anything_it_is_our_own(folder: Path, text: str | None) -> None:
    assert read_brand(None if text is None else _brand(folder, text)) == Brand()


_LINK = '{ text = "x", url = "https://a" },'
WRONG: dict[str, tuple[str | bytes, str]] = {
    "no TOML": ("name = Ada", "is not TOML"),
    "no text": (b"name = '\xff'", "UTF-8"),
    "another name": ('title = "Ada"', "title: Extra inputs"),
    "no name": ('name = " "', "name: "),
    "a long name": (f'name = "{"x" * 41}"', "name: "),
    "a number": ("name = 3", "name: "),
    "a colour by name": ('color = "red"', "color: "),
    "a short colour": ('color = "#35c"', "color: "),
    "a script for a link": (
        'links = [{ text = "x", url = "javascript:alert(1)" }]',
        "links.0.url: ",
    ),
    "a link of nothing": ('links = [{ url = "https://a.example" }]', "links.0.text: "),
    "five links": ("links = [" + _LINK * 5 + "]", "links: "),
    "a logo that is away": ('logo = "no.svg"', "logo: there is no such file"),
    "a logo outside": ('logo = "../outside.svg"', "logo: there is no such file"),
    "a logo of another kind": ('logo = "logo.gif"', "logo: must be .svg"),
    "a large logo": ('logo = "large.svg"', "at most 64 kB"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_at_the_start(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    text, reason = WRONG[name]
    monkeypatch.setenv("BRAND_FILE", str(_brand(folder, text)))
    with pytest.raises(SettingsError) as refused:
        load_settings(None)
    assert refused.value.message.startswith("BRAND_FILE: ")
    assert reason in refused.value.message


def test_a_file_that_is_away_is_said_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRAND_FILE", "no/such.toml")
    with pytest.raises(SettingsError, match="BRAND_FILE: cannot be read"):
        load_settings(None)


@pytest.mark.parametrize(
    ("color", "hue", "chroma_share"),
    [
        # As CSS Color 4 has them in OKLCH: red 29.23, lime 142.50, blue 264.05.
        ("#ff0000", 29.2, 1.0),
        ("#00ff00", 142.5, 1.0),
        ("#0000FF", 264.1, 1.0),
        ("#c8401e", 34.7, 0.94),
        ("#808080", None, 0.0),
        ("#000000", None, 0.0),
    ],
)
def test_a_colour_gives_its_hue_and_strength(
    color: str, hue: float | None, chroma_share: float
) -> None:
    found_hue, found_share = accent_of(color)
    assert found_share == chroma_share
    assert hue is None or found_hue == hue
