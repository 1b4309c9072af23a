"""Certificates of every kind, good and bad, as files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    certificate: Path
    key: Path


def write_key(path: Path, *, passphrase: bytes = b"") -> ec.EllipticCurvePrivateKey:
    """Write a new private key."""
    key = ec.generate_private_key(ec.SECP256R1())
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
    names: Sequence[str],
    *,
    begins: timedelta = timedelta(days=-1),
    ends: timedelta = timedelta(days=30),
    is_authority: bool = False,
    stem: str = "own",
) -> Pair:
    """Write a certificate that has signed itself."""
    pair = Pair(folder / f"{stem}.pem", folder / f"{stem}-key.pem")
    key = write_key(pair.key)
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
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName(list(map(_general, names))), False
        )
    signed = builder.sign(key, hashes.SHA256())
    pair.certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    return pair


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
