"""The page and the policy it works under."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from bot.http.page.page import content_policy
from tests.bot.http.api_client import error_code, open_api

_SCRIPT = 'self.greeting = "hello"'


@pytest.fixture
def page_dir(tmp_path: Path) -> Path:
    page = tmp_path / "out"
    (page / "_next" / "static").mkdir(parents=True)
    (page / "_next" / "static" / "app.js").write_text("1")
    html = f'<script src="/_next/static/app.js"></script><script id="x">{_SCRIPT}</script>'
    (page / "index.html").write_text(html)
    (page / "404.html").write_text("not here")
    (tmp_path / "secret.txt").write_text("secret")
    return page


@pytest.mark.promise("Page", "A new version of the page is there at the next visit.")
async def test_page_is_served_at_the_root(page_dir: Path) -> None:
    async with open_api(page_dir) as api:
        answer = await api.http.get("/")
        assert answer.status_code == 200
        assert _SCRIPT in answer.text
        assert answer.headers["cache-control"] == "no-cache"


async def test_hashed_assets_are_kept_for_good(page_dir: Path) -> None:
    async with open_api(page_dir) as api:
        found = await api.http.get("/_next/static/app.js")
        missing = await api.http.get("/_next/static/gone.js")
        assert "immutable" in found.headers["cache-control"]
        assert (missing.status_code, missing.headers["cache-control"]) == (404, "no-cache")


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/_next/../../secret.txt", "/%00"],
)
async def test_nothing_outside_the_page_is_served(page_dir: Path, path: str) -> None:
    async with open_api(page_dir) as api:
        answer = await api.http.get(path)
        assert answer.status_code == 404
        assert "secret" not in answer.text


async def test_unknown_api_path_is_an_error_not_a_page(page_dir: Path) -> None:
    async with open_api(page_dir) as api:
        for method in ("GET", "POST"):
            answer = await api.http.request(method, "/api/nope")
            assert (answer.status_code, error_code(answer)) == (404, "not_found")


@pytest.mark.promise("Page", "No other site frames the page, and it runs no script but its own.")
@pytest.mark.parametrize("path", ["/", "/gone", "/_next/static/app.js", "/api/health"])
async def test_every_answer_carries_the_policy(page_dir: Path, path: str) -> None:
    async with open_api(page_dir) as api:
        headers = (await api.http.get(path)).headers
    policy = dict(
        directive.split(" ", 1) for directive in headers["content-security-policy"].split("; ")
    )
    nowhere = ("frame-ancestors", "object-src", "base-uri")
    assert [policy[name] for name in nowhere] == ["'none'"] * len(nowhere)
    assert policy["default-src"] == policy["form-action"] == "'self'"
    assert "unsafe" not in policy["script-src"] and "http" not in policy["script-src"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    # Without the first there is no call; the rest is none of the page's business.
    allowed = headers["permissions-policy"]
    assert "microphone=(self)" in allowed and "camera=()" in allowed


async def test_page_takes_no_posts(page_dir: Path) -> None:
    async with open_api(page_dir) as api:
        answer = await api.http.post("/")
        assert (answer.status_code, error_code(answer)) == (405, "method_not_allowed")


async def test_page_that_is_not_built_says_what_to_do() -> None:
    async with open_api() as api:
        answer = await api.http.get("/")
        assert answer.status_code == 200
        assert "make setup" in answer.text


async def test_inline_scripts_are_allowed_by_their_hash(page_dir: Path) -> None:
    async with open_api(page_dir) as api:
        policy = (await api.http.get("/")).headers["content-security-policy"]
    digest = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in policy
    assert "script-src 'self' 'unsafe-inline'" not in policy


@pytest.mark.promise(
    "Page", "The page may speak to its own server and to LiveKit, and to nobody else."
)
@pytest.mark.promise("Page", "The page connects to its own server and to LiveKit, nowhere else.")
@pytest.mark.parametrize(
    ("url", "sources"),
    [
        ("ws://127.0.0.1:7880", "'self' ws://127.0.0.1:7880 http://127.0.0.1:7880"),
        ("https://lk.example.com", "'self' wss://lk.example.com https://lk.example.com"),
    ],
)
def test_page_may_connect_to_livekit_only(url: str, sources: str) -> None:
    policy = content_policy(livekit_url=url)
    assert f"connect-src {sources};" in policy


def test_page_may_follow_the_cloud_to_another_region() -> None:
    assert "wss://*.livekit.cloud" in content_policy(livekit_url="wss://x.livekit.cloud")


@pytest.mark.promise("Page", "The page runs no script and no style that was not built with it.")
def test_inline_styles_are_allowed_by_their_hash_alone() -> None:
    html = '<style media="x">p{color:red}</style><p class="a" style="margin:0 &quot;&amp;">x</p>'
    policy = content_policy(livekit_url="ws://127.0.0.1:7880", pages=[html])
    styles = policy.split("style-src ")[1].split(";")[0]
    assert "'unsafe-inline'" not in policy
    assert "'unsafe-hashes'" in styles
    for text in ("p{color:red}", 'margin:0 "&'):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in styles


@pytest.mark.promise("Starting a call", "A caller is sent to LIVEKIT_PUBLIC_URL if it is set.")
async def test_callers_get_the_public_address_of_livekit() -> None:
    async with open_api(livekit_public_url="https://lk.example/rtc/") as api:
        for path in ("/api/sessions", "/api/token"):
            started = (await api.http.post(path)).json()
            assert started["server_url"] == "wss://lk.example/rtc"
        headers = (await api.http.get("/")).headers
        assert "wss://lk.example" in headers["content-security-policy"]
        assert "127.0.0.1:7880" not in headers["content-security-policy"]


@pytest.mark.parametrize(
    ("public_url", "is_sent"),
    [("https://voice.example", True), ("http://voice.example", False), ("", False)],
)
async def test_only_a_page_by_https_says_it_always_is(public_url: str, is_sent: bool) -> None:
    async with open_api(public_url=public_url) as api:
        headers = (await api.http.get("/")).headers
        assert ("strict-transport-security" in headers) is is_sent
