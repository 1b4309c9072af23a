"""The certificate that callers are shown: signed by our authority, for this machine's names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bot.errors import LaunchError
from bot.lan.authority import Authority
from bot.store.key_file import write_secret

# Apple's systems take 825 days at most.
LASTS = timedelta(days=90)
RENEWED_BEFORE = timedelta(days=30)
_TURNED_BACK = timedelta(days=1)


def keep_leaf(
    folder: Path, *, authority: Authority, names: Sequence[str], now: datetime | None = None
) -> Path:
    """Return a file with a key and a certificate that are good for some time to come.

    The one that is kept is replaced if it is old, for other names, or of another authority.

    Args:
        folder: Where it is kept.
        authority: Signs it.
        names: Host names and addresses; those the authority may not speak for are left out.
        now: The time.

    Raises:
        LaunchError: code "no_certificate": it cannot be kept; "no_authority": its authority has
            ended.
    """
    path, now = folder / "leaf.pem", now or datetime.now(UTC)
    authority.check_time(now)
    # Of a machine whose clock is behind, as one without a battery begins; phones' are right.
    now = max(now, authority.certificate.not_valid_before_utc)
    wanted = [name for name in map(_parsed, names) if authority.may_sign(name)]
    try:
        if not _is_good(path, authority, wanted, now):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_secret(folder, _made(authority, wanted, now)).replace(path)
    except OSError as error:
        message = f"certificates need DATA_DIR, and {path} cannot be used ({error.strerror})"
        raise LaunchError("no_certificate", message) from error
    return path


def _parsed(name: str) -> str | IPv4Address:
    try:
        address = ip_address(name)
    except ValueError:
        return name.lower()
    return address if isinstance(address, IPv4Address) else name


def _is_good(
    path: Path, authority: Authority, wanted: Sequence[str | IPv4Address], now: datetime
) -> bool:
    try:
        kept = path.read_bytes()
        certificate = x509.load_pem_x509_certificate(kept)
        certificate.verify_directly_issued_by(authority.certificate)
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except Exception:  # noqa: BLE001 - whatever is wrong with it, a new one is made
        return False
    has = {*found.get_values_for_type(x509.DNSName), *found.get_values_for_type(x509.IPAddress)}
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    # One that ends with its authority can only be replaced by the like.
    is_last = ends >= authority.certificate.not_valid_after_utc
    return has == set(wanted) and begins <= now and (is_last or now < ends - RENEWED_BEFORE)


def _made(authority: Authority, wanted: Sequence[str | IPv4Address], now: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    names: list[x509.GeneralName] = [
        x509.IPAddress(one) if isinstance(one, IPv4Address) else x509.DNSName(one) for one in wanted
    ]
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Parley")]))
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _TURNED_BACK)
        .not_valid_after(min(now + LASTS, authority.certificate.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)
