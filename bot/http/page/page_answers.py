"""Answers with a file: the coding the client takes, 304 for what it has, a part it asks for."""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from bot.http.page.page_files import PageFile

_CHUNK_BYTES = 64 * 1024
"""What one reader who does not read keeps in memory; a whole file each would be a flood's."""
_WEIGHT = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)
_TAG = re.compile(r'(?:W/)?("[^"]*")')
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.IGNORECASE)


class FileAnswer(Response):
    """Sends a file in pieces, each when the one before has gone."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; whoever asks by HEAD gets the head."""
        head = {"type": "http.response.start", "status": self.status_code}
        await send({**head, "headers": self.raw_headers})
        body = memoryview(b"" if scope["method"] == "HEAD" else bytes(self.body))
        for start in range(0, len(body), _CHUNK_BYTES):
            piece = bytes(body[start : start + _CHUNK_BYTES])
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def answer_with(file: PageFile, asked: Headers, *, status: int = 200) -> Response:
    """Return the answer to a request for a file.

    Args:
        file: What it is about.
        asked: The request's headers.
        status: Anything but 200 is sent whole, as it is not what was asked for.
    """
    wanted = _range_of(file, asked) if status == 200 else None
    packed = file.gzipped if wanted is None and _takes_gzip(asked) else None
    tag = f'"{file.digest}-gzip"' if packed is not None else _tag_of(file)
    headers = {"ETag": tag}
    if file.gzipped is not None:
        headers["Vary"] = "Accept-Encoding"
    if status == 200 and _has(tag, asked):
        return Response(status_code=304, headers=headers)
    headers |= {"Content-Type": file.media_type, "Accept-Ranges": "bytes"}
    if wanted is not None:
        return _part(file, wanted, headers)
    if packed is not None:
        headers["Content-Encoding"] = "gzip"
    return FileAnswer(packed or file.content, status_code=status, headers=headers)


def _tag_of(file: PageFile) -> str:
    return f'"{file.digest}"'


def _takes_gzip(asked: Headers) -> bool:
    """Tell whether gzip is welcome, and not less than the plain bytes."""
    weights: dict[str, float] = {}
    for part in ",".join(asked.getlist("accept-encoding")).lower().split(","):
        name, *parameters = (text.strip() for text in part.split(";"))
        said = [_WEIGHT.fullmatch(text) for text in parameters]
        weights[name] = min((float(one[1]) if one else 0.0 for one in said), default=1.0)
    anything = weights.get("*", 0.0)
    gzip = weights.get("gzip", weights.get("x-gzip", anything))
    return gzip > 0.0 and gzip >= weights.get("identity", 0.0)


def _has(tag: str, asked: Headers) -> bool:
    """Tell whether the client has it already; a proxy that packs by itself makes tags weak."""
    known = ",".join(asked.getlist("if-none-match"))
    return known.strip() == "*" or tag in _TAG.findall(known)


def _range_of(file: PageFile, asked: Headers) -> tuple[int, int] | None:
    """Return the first byte asked for and the one after the last; None: the whole file is sent.

    So it is to whoever asks for several parts, or has a part of another version.
    """
    found = _RANGE.fullmatch(asked.get("range", "").replace(" ", ""))
    if found is None or found.groups() == ("", ""):
        return None
    if asked.get("if-range", _tag_of(file)) != _tag_of(file):
        return None
    size, (first, last) = len(file.content), found.groups()
    if not first:
        return (max(0, size - int(last)), size)
    if last and int(last) < int(first):
        return None
    return (int(first), min(size, int(last) + 1) if last else size)


def _part(file: PageFile, wanted: tuple[int, int], headers: dict[str, str]) -> Response:
    (start, end), size = wanted, len(file.content)
    if start >= end:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return FileAnswer(file.content[start:end], status_code=206, headers=headers)
