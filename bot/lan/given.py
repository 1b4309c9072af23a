"""A certificate of the operator's own (TLS_CERT, TLS_KEY): what is wrong with it, in a sentence."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from bot.errors import LaunchError

_UNTRUSTED = (18, 19, 20, 21)
"""OpenSSL's X509_V_ERR codes of a chain that ends nowhere."""
UNREADABLE = (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension)
"""What is raised about a certificate that is none, or a strange one."""
# Of ECDSA; Chromium's list of signatures (net/socket/ssl_client_socket_impl.cc) has no other, and
# nothing but RSA beside it.
_CURVES = (ec.SECP256R1, ec.SECP384R1)


@dataclass(frozen=True, kw_only=True)
class GivenCertificate:
    """What callers are shown, and the name they have to come by."""

    name: str
    """One of those asked for, which the certificate is for."""
    notice: str
    """What the operator should know; empty: nothing."""


def check_given(
    certificate: Path, key: Path, *, names: Sequence[str], now: datetime | None = None
) -> GivenCertificate:
    """Look at a certificate as a browser would.

    Args:
        certificate: The file with it, and with those between it and its authority.
        key: The file with its key.
        names: What callers may call this server, the best first.
        now: The time.

    Raises:
        LaunchError: code "bad_certificate": no browser would take it.
    """
    leaf = _certificate(certificate)
    if leaf.public_key() != _public_key(key):
        raise _bad(f"the key in TLS_KEY does not fit the certificate in TLS_CERT ({certificate})")
    if kind := unknown_key(leaf):
        raise _bad(f"browsers take no certificate with a key of {kind}: make one with RSA or P-256")
    now = now or datetime.now(UTC)
    if now >= leaf.not_valid_after_utc:
        ended = f"{leaf.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
        raise _bad(f"the certificate in TLS_CERT expired on {ended}")
    if now < leaf.not_valid_before_utc:
        begins = f"{leaf.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
        raise _bad(f"the certificate in TLS_CERT is not valid before {begins}: is the clock right?")
    known = names_of(leaf)
    name = next((one for one in names if _is_for(known, one)), "")
    if not name:
        shown = ", ".join(known) or "nothing"
        message = f"the certificate in TLS_CERT is for {shown}, and callers come to {names[0]}"
        raise _bad(f"{message}: set PUBLIC_URL to a name of the certificate, or get another one")
    return GivenCertificate(name=name, notice=_notice(certificate, key, name, leaf))


def _bad(sentence: str) -> LaunchError:
    return LaunchError("bad_certificate", sentence)


def _read(path: Path, setting: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _bad(f"{setting}: {path} cannot be read ({error.strerror})") from error


def _certificate(path: Path) -> x509.Certificate:
    content = _read(path, "TLS_CERT")
    try:
        leaf = x509.load_pem_x509_certificate(content)
        read_whole(leaf)
    except UNREADABLE as error:
        raise _bad(f"TLS_CERT: {path} holds no certificate in PEM") from error
    return leaf


def _public_key(path: Path) -> object:
    content = _read(path, "TLS_KEY")
    try:
        return serialization.load_pem_private_key(content, password=None).public_key()
    except TypeError as error:
        raise _bad(f"TLS_KEY: {path} has a passphrase; give it a key without one") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _bad(f"TLS_KEY: {path} holds no private key in PEM") from error


def read_whole(leaf: x509.Certificate) -> None:
    """Read now what is read of a certificate later: it is parsed on demand.

    Raises:
        UNREADABLE: somebody has put into it what nobody understands.
    """
    leaf.public_key()
    names_of(leaf)


def unknown_key(leaf: x509.Certificate) -> str:
    """Return the kind of a certificate's key if browsers know none of it; empty: they do."""
    key = leaf.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "" if isinstance(key.curve, _CURVES) else key.curve.name
    return "" if isinstance(key, rsa.RSAPublicKey) else type(key).__name__.removesuffix("PublicKey")


def judging_context() -> ssl.SSLContext:
    """Return what judges a server as browsers do.

    From 3.13 on Python asks more of an authority than they do: OpenSSL's own `req -x509` makes none
    that it takes.
    """
    context = ssl.create_default_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def names_of(leaf: x509.Certificate) -> list[str]:
    """Return the names and addresses that a certificate is for."""
    try:
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        # Browsers read no other field.
        return []
    addresses = map(str, found.get_values_for_type(x509.IPAddress))
    # A stranger chooses what is in it, and terminals obey some of it.
    names = (ascii(name)[1:-1] for name in found.get_values_for_type(x509.DNSName))
    return [*names, *addresses]


def _is_for(known: Sequence[str], name: str) -> bool:
    name = name.lower()
    try:
        return str(ip_address(name)) in known
    except ValueError:
        # A star stands for one label (RFC 6125).
        wild = f"*.{name.partition('.')[2]}"
        return bool({name, wild} & {one.lower() for one in known})


def _notice(certificate: Path, key: Path, name: str, leaf: x509.Certificate) -> str:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        server.load_cert_chain(certificate, key)
        _shake_hands(server, name)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code not in _UNTRUSTED:
            message = f"browsers would refuse the certificate in TLS_CERT: {error.verify_message}"
            raise _bad(message) from error
        issuer = leaf.issuer.rfc4514_string()
        return (
            f"The certificate in TLS_CERT is signed by {issuer}, which this machine does not know: "
            "put the whole chain there (fullchain.pem), or have callers' devices trust it"
        )
    except ssl.SSLError as error:
        raise _bad(f"the certificate in TLS_CERT cannot be used: {error.reason}") from error
    return ""


def _shake_hands(server: ssl.SSLContext, name: str) -> None:
    """Have a client of this machine meet the server, in memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    theirs = judging_context().wrap_bio(to_client, to_server, server_hostname=name)
    ours = server.wrap_bio(to_server, to_client, server_side=True)
    for side in (theirs, ours, theirs):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
