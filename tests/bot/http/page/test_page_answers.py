"""What goes over the wire for a file of the page: coding, tags, parts, pieces."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from starlette.datastructures import Headers
from starlette.types import Message, Scope

from bot.http.page.page_answers import answer_with
from bot.http.page.page_files import PageFile, read_page
from tests.bot.http.api_client import open_api

_TEXT = "<p>Hello, hello, hello.</p>" * 400
_STATIC = "_next/static"


@pytest.fixture
def page_dir(tmp_path: Path) -> Path:
    (tmp_path / _STATIC).mkdir(parents=True)
    (tmp_path / "index.html").write_text(_TEXT)
    (tmp_path / _STATIC / "app.js").write_text(_TEXT)
    (tmp_path / _STATIC / "font.woff2").write_bytes(b"woff" * 500)
    (tmp_path / "404.html").write_text(_TEXT + "not here")
    return tmp_path


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "gzip"),
        ("br, GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("*", "gzip"),
        ("gzip;q=0.5, identity;q=0.1", "gzip"),
        ("gzip;q=1.0, identity; q=0", "gzip"),
        ("identity;q=0, *", "gzip"),
        (None, None),
        ("", None),
        ("br", None),
        ("identity", None),
        # Nothing is left that would be welcome: the plain bytes can at least be read.
        ("identity;q=0", None),
        ("gzip;q=0", None),
        ("gzip;q=0.000", None),
        ("*;q=0", None),
        ("gzip;q=0, *", None),
        ("gzip;q=0.2, identity;q=0.8", None),
        ("gzip;q=strong", None),
        ("gzipped, notgzip", None),
    ],
)
async def test_each_client_gets_a_coding_it_takes(
    page_dir: Path, accepted: str | None, coding: str | None
) -> None:
    async with open_api(page_dir) as api:
        headers = {} if accepted is None else {"Accept-Encoding": accepted}
        if accepted is None:
            del api.http.headers["accept-encoding"]
        for path in ("/", f"/{_STATIC}/app.js", "/gone"):
            async with api.http.stream("GET", path, headers=headers) as answer:
                raw = b"".join([chunk async for chunk in answer.aiter_raw()])
            assert answer.headers.get("content-encoding") == coding
            assert answer.headers["vary"] == "Accept-Encoding"
            assert int(answer.headers["content-length"]) == len(raw)
            text = (gzip.decompress(raw) if coding else raw).decode()
            assert text.startswith(_TEXT)


async def test_what_packing_would_not_shrink_goes_as_it_is(page_dir: Path) -> None:
    async with open_api(page_dir) as api:
        answer = await api.http.get(f"/{_STATIC}/font.woff2")
    assert answer.headers["content-type"] == "font/woff2"
    assert not {"content-encoding", "vary"} & answer.headers.keys()


async def test_answers_of_the_api_are_not_packed(page_dir: Path) -> None:
    # They are short, and a token beside words from outside must not be guessed by its length.
    async with open_api(page_dir) as api:
        for path in ("/api/health", "/api/nope"):
            assert "content-encoding" not in (await api.http.get(path)).headers


@pytest.mark.parametrize("path", ["/", f"/{_STATIC}/app.js", "/gone"])
@pytest.mark.parametrize("coding", ["gzip", "identity"])
async def test_head_says_what_get_would(page_dir: Path, path: str, coding: str) -> None:
    async with open_api(page_dir) as api:
        asked = {"Accept-Encoding": coding}
        head = await api.http.head(path, headers=asked)
        got = await api.http.get(path, headers=asked)
    assert head.headers == got.headers
    assert (head.status_code, head.content) == (got.status_code, b"")


@pytest.mark.parametrize("coding", ["gzip", "identity"])
@pytest.mark.parametrize("form", ["{}", "W/{}", '"a", W/{}', '"a",{}', "*"])
async def test_who_has_it_gets_no_second_copy(page_dir: Path, coding: str, form: str) -> None:
    async with open_api(page_dir) as api:
        asked = {"Accept-Encoding": coding}
        first = await api.http.get("/", headers=asked)
        asked["If-None-Match"] = form.format(first.headers["etag"])
        again = await api.http.get("/", headers=asked)
    assert (again.status_code, again.content) == (304, b"")
    kept = ("etag", "vary", "cache-control", "content-security-policy")
    assert [again.headers[name] for name in kept] == [first.headers[name] for name in kept]


async def test_copies_of_another_coding_or_version_are_no_copy(page_dir: Path) -> None:
    async with open_api(page_dir) as api:
        plain = await api.http.get("/", headers={"Accept-Encoding": "identity"})
        for known in (plain.headers["etag"], '"other"', plain.headers["etag"].strip('"'), ""):
            answer = await api.http.get("/", headers={"If-None-Match": known})
            assert (answer.status_code, answer.text) == (200, _TEXT)
        gone = await api.http.get("/gone")
        asked = {"If-None-Match": gone.headers["etag"]}
        assert (await api.http.get("/gone", headers=asked)).status_code == 404


_SIZE = len(_TEXT)


@pytest.mark.parametrize(
    ("wanted", "status", "start", "end"),
    [
        ("bytes=0-9", 206, 0, 10),
        ("bytes=100-", 206, 100, _SIZE),
        ("bytes=-5", 206, _SIZE - 5, _SIZE),
        (f"bytes=5-{_SIZE * 9}", 206, 5, _SIZE),
        (f"bytes=-{_SIZE * 9}", 206, 0, _SIZE),
        (f"bytes={_SIZE}-", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
        ("bytes=9-2", 200, 0, _SIZE),
        ("bytes=0-1,4-5", 200, 0, _SIZE),
        ("bytes=-", 200, 0, _SIZE),
        ("bytes=" + "9" * 40 + "-", 200, 0, _SIZE),
        ("lines=0-1", 200, 0, _SIZE),
    ],
)
async def test_a_part_is_cut_from_the_plain_bytes(
    page_dir: Path, wanted: str, status: int, start: int, end: int
) -> None:
    async with open_api(page_dir) as api:
        answer = await api.http.get("/", headers={"Range": wanted})
    assert (answer.status_code, answer.text) == (status, _TEXT[start:end])
    if status == 206:
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{_SIZE}"
        assert "content-encoding" not in answer.headers
    if status == 416:
        assert answer.headers["content-range"] == f"bytes */{_SIZE}"


async def test_a_part_of_another_version_is_not_added_to(page_dir: Path) -> None:
    async with open_api(page_dir) as api:
        plain = (await api.http.get("/", headers={"Accept-Encoding": "identity"})).headers["etag"]
        for known, status in ((plain, 206), (f"W/{plain}", 200), ('"other"', 200)):
            asked = {"Range": "bytes=0-9", "If-Range": known}
            assert (await api.http.get("/", headers=asked)).status_code == status


async def test_a_large_file_goes_in_pieces(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_bytes(bytes(300_000))
    file: PageFile = read_page(tmp_path)["index.html"]
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "method": "GET"}
    await answer_with(file, Headers())(scope, receive, send)
    pieces = [message["body"] for message in sent[1:]]
    assert b"".join(pieces) == file.content
    assert max(map(len, pieces)) <= 64 * 1024
    assert not sent[-1].get("more_body")
