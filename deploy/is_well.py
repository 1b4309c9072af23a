"""Asks the runner of this container how it is, or at a port its worker: ends with 1 if not well.

    python is_well.py
    python is_well.py 8081

Nothing of Parley's own is loaded, as this is run every few seconds.
"""

from __future__ import annotations

import os
import socket
import ssl
import sys
import urllib.request

_LIMIT_SECS = 4.0
"""Less than what runs this waits."""
# Of nobody (RFC 5737): the kernel is asked which way it would go, and no packet is sent.
_ELSEWHERE = ("198.51.100.1", 9)


def _main() -> None:
    try:
        if len(sys.argv) > 1:
            # A worker listens to its own machine alone.
            _asked(f"http://127.0.0.1:{sys.argv[1]}/")
            return
        place = f"{_host()}:{os.environ.get('PORT') or 7860}/api/health"
        # A runner that speaks TLS itself answers this by leading elsewhere.
        if _asked(f"http://{place}") != f"http://{place}":
            _asked(f"https://{place}")
    except OSError as error:
        sys.exit(f"It is not well: {error}")


def _host() -> str:
    """Return an address that the runner listens on."""
    host = os.environ.get("HOST", "").strip().lower()
    if host == "lan":
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(_ELSEWHERE)
            return str(probe.getsockname()[0])
    if ":" in host:
        return "[::1]" if host == "::" else f"[{host}]"
    return "127.0.0.1" if host in ("", "0.0.0.0") else host


def _asked(url: str) -> str:
    """Return where the answer came from.

    Raises:
        OSError: nobody answers, or says that it is not well.
    """
    # It is this machine itself, whatever names its certificate has.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    # A proxy of the environment does not lead here.
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    with opener.open(url, timeout=_LIMIT_SECS) as answer:
        return str(answer.geturl())


if __name__ == "__main__":
    _main()
