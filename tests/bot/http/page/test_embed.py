"""Who may frame the page, and which page of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bot.http.api_client import open_api

_SITES = "https://shop.example, http://localhost:3000"


@pytest.fixture
def page_dir(tmp_path: Path) -> Path:
    for name in ("index", "embed", "check", "404"):
        (tmp_path / f"{name}.html").write_text("<p>here</p>")
    (tmp_path / "embed.js").write_text("1")
    return tmp_path


def _framed_by(policy: str) -> str:
    return policy.split("frame-ancestors ")[1].split(";")[0]


@pytest.mark.parametrize(
    ("path", "sites", "framed_by"),
    [
        ("/embed", _SITES, "https://shop.example http://localhost:3000"),
        ("/embed.html", _SITES, "https://shop.example http://localhost:3000"),
        ("/embed", "", "'none'"),
        ("/", _SITES, "'none'"),
        ("/check", _SITES, "'none'"),
        ("/gone", _SITES, "'none'"),
        ("/embed/gone", _SITES, "'none'"),
        ("/api/health", _SITES, "'none'"),
    ],
)
async def test_listed_sites_may_frame_the_one_page_for_it(
    page_dir: Path, path: str, sites: str, framed_by: str
) -> None:
    async with open_api(page_dir, embed_origins=sites) as api:
        for method in ("GET", "HEAD"):
            answer = await api.http.request(method, path)
            assert _framed_by(answer.headers["content-security-policy"]) == framed_by
            assert "x-frame-options" not in answer.headers


async def test_a_copy_that_is_kept_is_framed_by_whoever_is_listed_now(page_dir: Path) -> None:
    async with open_api(page_dir, embed_origins=_SITES) as api:
        tag = (await api.http.get("/embed")).headers["etag"]
    async with open_api(page_dir) as api:
        again = await api.http.get("/embed", headers={"If-None-Match": tag})
        assert again.status_code == 304
        assert _framed_by(again.headers["content-security-policy"]) == "'none'"


async def test_a_listed_site_may_call_nothing_of_the_api(page_dir: Path) -> None:
    async with open_api(page_dir, embed_origins=_SITES) as api:
        answer = await api.http.post("/api/sessions", headers={"Origin": "https://shop.example"})
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("path", "agreed"),
    [("/embed.js", ("cross-origin", "require-corp")), ("/embed", ("cross-origin", "require-corp"))]
    + [(path, (None, None)) for path in ("/", "/check", "/gone", "/api/health")],
)
async def test_a_site_that_lets_in_only_what_agrees_to_it_gets_what_is_made_for_sites(
    page_dir: Path, path: str, agreed: tuple[str | None, str | None]
) -> None:
    async with open_api(page_dir, embed_origins=_SITES) as api:
        headers = (await api.http.get(path)).headers
        names = ("cross-origin-resource-policy", "cross-origin-embedder-policy")
        assert tuple(headers.get(name) for name in names) == agreed
