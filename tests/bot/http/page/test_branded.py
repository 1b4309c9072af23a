"""The page with the operator's own name and look, as it is served."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from bot.brand import Brand
from bot.http.page.branded import branded
from bot.http.page.page_files import read_page
from bot.settings import load_settings
from tests.bot.http.api_client import open_api

_OWN = {"name": "Parley", "headline": None, "links": [], "language": "en"}


@pytest.fixture
def page_dir(tmp_path: Path) -> Path:
    page = tmp_path / "out"
    (page / "_next" / "static").mkdir(parents=True)
    (page / "_next" / "static" / "app.js").write_text("'</head>'")
    for name in ("index", "embed", "check", "404"):
        html = f"<html><head></head><body>{name} </head></body></html>"
        (page / f"{name}.html").write_text(html)
    return page


def _facts(html: str) -> dict[str, Any]:
    [told] = re.findall(r'<script type="application/json" id="installation">(.*?)</script>', html)
    return json.loads(told)


def _brand(folder: Path, text: str) -> Path:
    (folder / "logo.svg").write_text("<svg/>")
    path = folder / "brand.toml"
    path.write_text(text)
    return path


@pytest.mark.promise("Page", "The page has the operator's name, colour, logo and links.")
@pytest.mark.parametrize("path", ["/", "/embed", "/check", "/gone"])
async def test_every_page_says_whose_it_is(page_dir: Path, path: str) -> None:
    text = 'name = "Ada <3 </script>"\nlinks = [{ text = "Imprint", url = "https://a.example" }]'
    async with open_api(page_dir, brand_file=_brand(page_dir.parent, text)) as api:
        html = (await api.http.get(path)).text
    links = [{"text": "Imprint", "url": "https://a.example"}]
    assert _facts(html) == {
        **_OWN,
        "name": "Ada <3 </script>",
        "links": links,
        "kept_days": 30,
    }
    assert html.index("installation") < html.index("</head>")
    assert "<title>Ada &lt;3 &lt;/script&gt;</title>" in html


@pytest.mark.promise("Page", "Before a call the page says how long it is kept what is said.")
@pytest.mark.parametrize(
    ("told", "days"), [({}, 30), ({"KEEP_DAYS": "1"}, 1), ({"STORE": "off"}, 0)]
)
def test_the_page_knows_how_long_words_are_kept(
    page_dir: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, str], days: int
) -> None:
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    kept_days = load_settings(None).kept_days
    files = branded(read_page(page_dir), Brand(), kept_days=kept_days, language="en")
    assert _facts(files["index.html"].content.decode()) == {**_OWN, "kept_days": days}


@pytest.mark.parametrize(("language", "told"), [("de-AT", "de-AT"), ("multi", "")])
async def test_the_page_knows_what_is_spoken(page_dir: Path, language: str, told: str) -> None:
    async with open_api(page_dir, language=language) as api:
        assert _facts((await api.http.get("/")).text)["language"] == told


async def test_a_page_of_our_own_has_the_facts_alone(page_dir: Path) -> None:
    async with open_api(page_dir, keep_days=7) as api:
        answer = await api.http.get("/")
    assert _facts(answer.text) == {**_OWN, "kept_days": 7}
    assert "<style>" not in answer.text


async def test_colour_and_logo_are_a_style_that_the_policy_allows(page_dir: Path) -> None:
    brand = _brand(page_dir.parent, 'color = "#3355cc"\nlogo = "logo.svg"')
    async with open_api(page_dir, brand_file=brand) as api:
        page = await api.http.get("/")
        logo = await api.http.get("/brand-logo.svg")
        icon = await api.http.get("/icon.svg")
        script = await api.http.get("/_next/static/app.js")
    [style] = re.findall(r"<style>(.*?)</style>", page.text)
    assert "--accent-hue:267.0;--accent-chroma:0.99" in style
    assert "url(/brand-logo.svg)" in style
    assert "'sha256-" in page.headers["content-security-policy"].split("style-src")[1]
    assert (logo.text, logo.headers["content-type"]) == ("<svg/>", "image/svg+xml")
    assert f"data:image/svg+xml;base64,{b64encode(b'<svg/>').decode()}" in icon.text
    assert icon.headers["content-type"] == "image/svg+xml"
    assert script.text == "'</head>'"
