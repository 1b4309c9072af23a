"""A certificate authority of this installation alone: made once, kept, and good for little else.

Whoever trusts it trusts whoever holds its key. So the key never leaves DATA_DIR, and the authority
itself says that it speaks for addresses and names of local networks only.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, ip_network
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from bot.errors import LaunchError
from bot.store.key_file import keep_once

Key: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_LASTS = timedelta(days=3650)
_TURNED_BACK = timedelta(days=1)
"""For phones whose clock is behind."""
# What nobody on the internet has: RFC 1918, 3927, 5737, 6598, and loopback.
NETWORKS = tuple(
    map(
        ip_network,
        (
            *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"),
            *("127.0.0.0/8", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"),
        ),
    )
)
SUFFIXES = ("local", "lan", "home", "internal", "home.arpa", "localhost")


@dataclass(frozen=True, kw_only=True)
class Authority:
    """Signs certificates."""

    certificate: x509.Certificate
    key: Key
    is_mkcert: bool = False
    """Of mkcert, which this machine's browsers know already."""

    @property
    def pem(self) -> bytes:
        """What a phone or a browser is to trust."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self) -> bytes:
        """The same as bytes, which every phone takes."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def fingerprint(self) -> str:
        """Return what people can compare: SHA-256 in pairs."""
        return hashlib.sha256(self.der).digest().hex(":").upper()

    def may_sign(self, name: str | IPv4Address) -> bool:
        """Tell whether phones take its word for a name or an address."""
        if self.is_mkcert:
            return True
        if isinstance(name, IPv4Address):
            return any(name in network for network in NETWORKS)
        return any(name == suffix or name.endswith(f".{suffix}") for suffix in SUFFIXES)

    def check_time(self, now: datetime) -> str:
        """Return what the operator should know: it is of a time that has yet to come. Empty: no.

        Raises:
            LaunchError: code "no_authority": it has ended, and nobody takes what it signs.
        """
        begins, ends = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        if begins <= now < ends:
            return ""
        whose, anew = "root.pem in DATA_DIR/tls", "delete it, and trust the new one on your phones"
        if self.is_mkcert:
            whose, anew = "mkcert's authority", "delete it and run `mkcert -install`"
        when = f"expired on {ends:%Y-%m-%d}" if now >= ends else f"begins on {begins:%Y-%m-%d}"
        sentence = f"{whose} {when}, and it is {now:%Y-%m-%d}: if the clock is right, {anew}"
        if now >= ends:
            raise LaunchError("no_authority", sentence)
        return sentence


def open_authority(folder: Path, *, mkcert_folder: Path | None = None) -> Authority:
    """Return mkcert's authority, or the one that is kept, made at the first time.

    Args:
        folder: Where ours is kept.
        mkcert_folder: Where mkcert keeps one, if there is one.

    Raises:
        LaunchError: code "no_authority": it cannot be read or kept.
    """
    if mkcert_folder is not None and (found := _mkcert(mkcert_folder)) is not None:
        return found
    path = folder / "root.pem"
    try:
        if not path.is_file():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            keep_once(path, _made())
        kept = path.read_bytes()
    except OSError as error:
        message = f"certificates need DATA_DIR, and {path} cannot be used ({error.strerror})"
        raise LaunchError("no_authority", message) from error
    try:
        return _read(kept, kept)
    except (ValueError, TypeError) as error:
        message = f"{path} is damaged: delete it, and trust the new one on your phones"
        raise LaunchError("no_authority", message) from error


def _read(certificate: bytes, key: bytes, *, is_mkcert: bool = False) -> Authority:
    parsed = serialization.load_pem_private_key(key, password=None)
    if not isinstance(parsed, Key):
        raise ValueError("an unknown kind of key")
    return Authority(
        certificate=x509.load_pem_x509_certificate(certificate), key=parsed, is_mkcert=is_mkcert
    )


def _mkcert(folder: Path) -> Authority | None:
    """Return mkcert's authority; None if it is not whole, or not to be read by us."""
    try:
        certificate = (folder / "rootCA.pem").read_bytes()
        return _read(certificate, (folder / "rootCA-key.pem").read_bytes(), is_mkcert=True)
    except (OSError, ValueError, TypeError):
        return None


def _made() -> bytes:
    """Return a new key and its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Parley {now:%Y-%m-%d %H:%M}")])
    permitted = [x509.IPAddress(network) for network in NETWORKS]
    permitted += [x509.DNSName(suffix) for suffix in SUFFIXES]
    usage = x509.KeyUsage(
        key_cert_sign=True,
        crl_sign=True,
        **dict.fromkeys(
            (
                *("digital_signature", "content_commitment", "key_encipherment"),
                *("data_encipherment", "key_agreement", "encipher_only", "decipher_only"),
            ),
            False,
        ),
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _TURNED_BACK)
        .not_valid_after(now + _LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)
