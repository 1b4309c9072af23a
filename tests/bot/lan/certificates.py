"""Certificates of every kind, good and bad, as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtensionOID, NameOID

from bot.lan.authority import Authority

NOW = datetime.now(UTC)
Key: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
KEYS: Mapping[str, Callable[[], Key]] = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "RSA": lambda: rsa.generate_private_key(65_537, 2048),
    "secp521r1": lambda: ec.generate_private_key(ec.SECP521R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}
NONSENSE = x509.UnrecognizedExtension(
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME, b"\x30\x05\x82\x03b\xfcr"
)
"""A name in letters that certificates do not have."""


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    certificate: Path
    key: Path


def write_key(path: Path, *, passphrase: bytes = b"", kind: str = "P-256") -> Key:
    """Write a new private key."""
    key = KEYS[kind]()
    locked = (
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption()
    )
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)
    )
    return key


def write_pair(
    folder: Path,
    names: Sequence[str] | x509.UnrecognizedExtension,
    *,
    begins: timedelta = timedelta(days=-1),
    ends: timedelta = timedelta(days=30),
    is_authority: bool = False,
    stem: str = "own",
    kind: str = "P-256",
) -> Pair:
    """Write a certificate that has signed itself."""
    pair = Pair(folder / f"{stem}.pem", folder / f"{stem}-key.pem")
    key = write_key(pair.key, kind=kind)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + begins)
        .not_valid_after(NOW + ends)
        .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
    )
    if isinstance(names, x509.UnrecognizedExtension):
        builder = builder.add_extension(names, False)
    elif names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName(list(map(_general, names))), False
        )
    signed = builder.sign(key, None if kind == "Ed25519" else hashes.SHA256())
    pair.certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    return pair


def read_authority(pair: Pair) -> Authority:
    """Return who signs with a pair."""
    key = serialization.load_pem_private_key(pair.key.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    return Authority(certificate=certificate, key=key, is_mkcert=True)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def write_revoked(path: Path, pair: Pair) -> None:
    """Write the list by which a certificate that signed itself counts no more."""
    certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    key = serialization.load_pem_private_key(pair.key.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number)
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(certificate.issuer)
        .last_update(NOW - timedelta(days=1))
        .next_update(NOW + timedelta(days=1))
        .add_revoked_certificate(entry.revocation_date(NOW - timedelta(days=1)).build())
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(crl.public_bytes(serialization.Encoding.PEM))
