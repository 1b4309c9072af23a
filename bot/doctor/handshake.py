"""Whether callers can trust whom they meet at a place: TLS, at each of its addresses."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from bot.doctor.finding import Finding, well, wrong
from bot.doctor.names import Place
from bot.lan.given import UNREADABLE, judging_context, names_of, read_whole, unknown_key

_LATE_LEFT, _LATE = 1 / 6, timedelta(days=14)
"""Caddy (its `renewal_window_ratio`) and certbot renew with a third of the time left, or more: with
half of that gone something is wrong, as it is two weeks before any end."""
_LIMIT_SECS = 8.0
_SHOWN = 4

# OpenSSL's X509_V_ERR codes.
_NOT_YET, _EXPIRED = 9, 10
_UNTRUSTED = (18, 19, 20, 21)
_OTHER_NAME = (62, 64)
# What OpenSSL calls an alert of the other side: Caddy's is an internal error while it has no
# certificate for a name.
_ALERT = re.compile("ALERT|UNRECOGNIZED_NAME")


async def look_at_tls(
    place: Place, *, root: x509.Certificate | None = None, limit_secs: float = _LIMIT_SECS
) -> list[Finding]:
    """Shake hands at every address of a place, at once.

    Args:
        place: Where.
        root: Of our own authority for local networks, if there is one.
        limit_secs: For each address, twice if the certificate is refused.
    """
    looks = (_look(place, address, root, limit_secs) for address in place.addresses)
    found = await asyncio.gather(*looks)
    # Usually there is one and the same to say of each.
    return list(dict.fromkeys(found))


@contextlib.asynccontextmanager
async def connected(
    address: str, port: int, *, tls: ssl.SSLContext | None = None, name: str = ""
) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Lend a connection.

    Raises:
        OSError: there is none.
    """
    reader, writer = await asyncio.open_connection(
        address, port, ssl=tls, server_hostname=(name or address) if tls else None
    )
    try:
        yield reader, writer
    finally:
        # A kind end of TLS waits for the other side.
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def is_late(leaf: x509.Certificate) -> bool:
    """Tell whether whoever renews a certificate, for 12 hours or for a year, should have by now."""
    begins, ends = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    return ends - datetime.now(UTC) < min((ends - begins) * _LATE_LEFT, _LATE)


def why_unreached(error: OSError, place: str) -> str:
    """Return what to do about a connection that did not come about."""
    if isinstance(error, ConnectionRefusedError):
        return f"nothing listens at {place}: start it, or let it listen there"
    if isinstance(error, ssl.SSLError) and _ALERT.search(error.reason or ""):
        return (
            f"TLS is spoken at {place}, but not for this name: whoever has its certificates there "
            "has none for it, and the log there says why"
        )
    if isinstance(error, ssl.SSLError | ConnectionResetError):
        return f"no TLS is spoken at {place}: a proxy with a certificate belongs there"
    if isinstance(error, socket.gaierror):
        return f"{place} is no address"
    return f"there is no way to {place} from here: look at the network, and at the firewall there"


async def _look(
    place: Place, address: str, root: x509.Certificate | None, limit_secs: float
) -> Finding:
    where = f"{address} port {place.port}"
    what = f"{place.shown} shows a certificate that browsers take"
    try:
        async with asyncio.timeout(limit_secs):
            shown = await _shown(judging_context(), place, address)
    except TimeoutError:
        fix = f"let {place.port}/tcp in at the firewall, there and at whoever hosts it"
        return wrong(what, f"no answer within {limit_secs:g} s at {where}: {fix}")
    except ssl.SSLCertVerificationError as error:
        leaf = await _leaf_of(place, address, limit_secs)
        if leaf and error.verify_code in _UNTRUSTED and root and _is_signed_by(leaf, root):
            advice = "each device has to trust it once, as docs/phone.md says"
            return well(f"{place.shown} shows a certificate of this Parley's own", advice)
        return wrong(what, _refusal(error, place, leaf))
    except OSError as error:
        return wrong(what, why_unreached(error, where))
    except UNREADABLE:
        return wrong(what, "it holds something that cannot be read: get another one")
    if kind := unknown_key(shown):
        return wrong(what, f"they take none with a key of {kind}: get one with RSA or P-256")
    ends = shown.not_valid_after_utc
    if is_late(shown):
        advice = "it should have been renewed by now: the log of whoever renews it says why not"
        return well(f"{what}, until {ends:%Y-%m-%d %H:%M} UTC", advice)
    return well(f"{what}, until {ends:%Y-%m-%d %H:%M} UTC")


async def _shown(context: ssl.SSLContext, place: Place, address: str) -> x509.Certificate:
    async with connected(address, place.port, tls=context, name=place.host) as (_, writer):
        encryption: ssl.SSLObject = writer.get_extra_info("ssl_object")
        leaf = x509.load_der_x509_certificate(encryption.getpeercert(binary_form=True) or b"")
        read_whole(leaf)
        return leaf


async def _leaf_of(place: Place, address: str, limit_secs: float) -> x509.Certificate | None:
    """Look again without judging; None: it is not shown twice."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(limit_secs):
            return await _shown(context, place, address)
    except (OSError, *UNREADABLE):
        return None


def _is_signed_by(leaf: x509.Certificate, root: x509.Certificate) -> bool:
    try:
        leaf.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _refusal(
    error: ssl.SSLCertVerificationError, place: Place, leaf: x509.Certificate | None
) -> str:
    if leaf is None:
        return f"browsers refuse it: {error.verify_message}"
    if error.verify_code == _EXPIRED and leaf.not_valid_after_utc <= datetime.now(UTC):
        ended = f"{leaf.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
        return f"it expired on {ended}: the log of whoever renews it says why it was not renewed"
    if error.verify_code == _NOT_YET:
        begins = f"{leaf.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
        return f"it is not valid before {begins}: is the clock right, here and there?"
    if error.verify_code in _OTHER_NAME:
        known = names_of(leaf)
        shown = ", ".join(known[:_SHOWN]) + (", ..." if known[_SHOWN:] else "")
        return f"it is for {shown or 'no name at all'}: get one for {place.host}"
    if error.verify_code in _UNTRUSTED:
        return (
            f"it is signed by {_issuer(leaf)}, whom this machine does not know: serve the file "
            "with the whole chain (fullchain.pem), or get one that browsers trust"
        )
    return f"browsers refuse it: {error.verify_message}"


def _issuer(leaf: x509.Certificate) -> str:
    if leaf.issuer == leaf.subject:
        return "itself"
    # A stranger chooses what is in it.
    return ascii(leaf.issuer.rfc4514_string()[:80])
