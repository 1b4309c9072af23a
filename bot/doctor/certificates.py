"""The certificate that the runner itself would show: its own, or TLS_CERT. Nothing is kept."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509

from bot.doctor.finding import Finding, well, wrong
from bot.doctor.handshake import is_late
from bot.errors import LaunchError
from bot.lan.reach import Reach
from bot.settings import Settings


async def look_at_certificates(settings: Settings) -> Finding:
    """Try what the next start would do with certificates."""
    if not settings.serves_tls:
        return well("no certificate is needed: a proxy has it, or nobody else calls")
    what = "the certificate in TLS_CERT can be used"
    if settings.tls_cert is None:
        what = "certificates for this network can be made"
    try:
        with _elsewhere(settings) as place:
            reach = Reach(place, port=settings.port)
    except LaunchError as error:
        return wrong(what, f"{error.message}")
    except OSError as error:
        return wrong(what, f"DATA_DIR/tls cannot be read ({error.strerror}): whose is it?")
    if reach.notice:
        return well(what, reach.notice)
    if settings.tls_cert is None:
        return well(f"callers come to {reach.origin}, with a certificate of our own")
    return _judged(settings.tls_cert, reach.origin)


def root_of(settings: Settings) -> x509.Certificate | None:
    """Return our own authority's certificate; None if there is none."""
    try:
        return x509.load_pem_x509_certificate((settings.data_dir / "tls" / "root.pem").read_bytes())
    except (OSError, ValueError):
        return None


@contextmanager
def _elsewhere(settings: Settings) -> Generator[Settings]:
    """Lend settings with a copy of what is kept, so that looking makes and renews nothing."""
    with tempfile.TemporaryDirectory() as folder:
        kept, copy = settings.data_dir / "tls", Path(folder) / "tls"
        if kept.is_dir():
            shutil.copytree(kept, copy)
        yield settings.model_copy(update={"data_dir": Path(folder)})


def _judged(certificate: Path, origin: str) -> Finding:
    leaf = x509.load_pem_x509_certificate(certificate.read_bytes())
    ends = f"{leaf.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
    what = f"callers come to {origin}, with the certificate in TLS_CERT, until {ends}"
    if is_late(leaf):
        return well(what, "get a new one soon; in the same files it is used within a minute")
    return well(what)
