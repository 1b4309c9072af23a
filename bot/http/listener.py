"""The socket that callers come to, which is there before anything that serves them."""

from __future__ import annotations

import errno
import ipaddress
import socket

from loguru import logger

from bot.errors import LaunchError

_BACKLOG = 128
_NEIGHBOURS = 20
_LAST_PORT = 65535


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket; who connects before the server runs waits a little.

    Raises:
        LaunchError: code "port_taken" or "bad_host".
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
    except OSError as error:
        raise LaunchError("bad_host", f"there is no address for HOST {host!r}") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # Listening at once: two that only bind would share the port and fail much later.
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        message = f"cannot listen on {host}:{port} ({error.strerror}): change HOST or PORT"
        raise LaunchError("port_taken", message) from error
    listener.setblocking(False)
    return listener


def bind_near(host: str, port: int) -> socket.socket:
    """Return a listening socket on that port, or on the next one that is free.

    Raises:
        LaunchError: code "port_taken" or "bad_host".
    """
    for tried in range(port, min(port + _NEIGHBOURS, _LAST_PORT) + 1):
        try:
            listener = bind(host, tried)
        except LaunchError as error:
            cause = error.__cause__
            if not (isinstance(cause, OSError) and cause.errno == errno.EADDRINUSE):
                raise
            continue
        if tried != port:
            logger.warning("Port {} was taken, so Parley listens on {}", port, tried)
        return listener
    return bind(host, port)


def url_of(listener: socket.socket) -> str:
    """Return the address a program on this machine reaches the socket by."""
    host, port = listener.getsockname()[:2]
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")
    return f"http://{address}:{port}" if address.version == 4 else f"http://[{address}]:{port}"
