"""One TLS context for every client of a process: building one takes 100 ms of the event loop."""

from __future__ import annotations

import functools
import ssl


@functools.cache
def shared_tls_context() -> ssl.SSLContext:
    """Return the context; its first call, before a fork, builds it for all children too."""
    return ssl.create_default_context()
