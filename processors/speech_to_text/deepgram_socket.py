"""One websocket to Deepgram's live endpoint, in place of the official SDK's.

That opens it with permessage-deflate and builds a typed object for every word; speech audio does
not compress, and only the sentence is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager

from .live_socket import LiveSocket, open_live_socket

CLOUD_URL = "wss://api.deepgram.com"


class DeepgramSocket(LiveSocket):
    """What Deepgram calls things. It closes a connection after 10 s without audio."""

    FINALIZE = '{"type":"Finalize"}'
    KEEP_ALIVE = '{"type":"KeepAlive"}'
    CLOSE = '{"type":"CloseStream"}'


def open_deepgram_socket(
    *,
    base_url: str,
    api_key: str,
    query: Mapping[str, str | Sequence[str]],
) -> AbstractAsyncContextManager[DeepgramSocket]:
    """Connect to Deepgram's live endpoint.

    Args:
        base_url: http(s) or ws(s) address without path; empty for Deepgram's cloud.
        api_key: Sent in the Authorization header.
        query: Deepgram's query parameters.
    """
    return open_live_socket(
        DeepgramSocket,
        address=(base_url or CLOUD_URL).rstrip("/") + "/v1/listen",
        query=query,
        headers={"Authorization": f"Token {api_key}"},
    )
