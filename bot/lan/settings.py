"""What is set about certificates, and the word that stands for this machine's own address."""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings

from bot.proxies import is_loopback

LAN = "lan"
"""As HOST: the address that others in the same network reach this machine by."""


class TlsSettings(BaseSettings):
    """Certificates for callers that come without a proxy."""

    tls_cert: Path | None = None
    """A certificate with its chain (PEM); None: made here, while callers come from elsewhere."""
    tls_key: Path | None = None
    caroot: Path | None = None
    """Where mkcert keeps its authority; None: where it usually does."""


def serves_tls(settings: TlsSettings, *, host: str, public_url: str) -> bool:
    """Tell whether the runner itself speaks TLS: there is no proxy to do it, and others call."""
    return settings.tls_cert is not None or not (is_loopback(host) or public_url)


def check_tls(settings: TlsSettings, *, public_url: str) -> None:
    """Refuse half a pair, and an address that leads past it.

    Raises:
        ValueError: with the sentence for the operator.
    """
    if (settings.tls_cert is None) is not (settings.tls_key is None):
        lacks, has = ("TLS_KEY", "TLS_CERT") if settings.tls_cert else ("TLS_CERT", "TLS_KEY")
        raise ValueError(f"{lacks}: is needed because {has} is set")
    if settings.tls_cert and public_url.startswith("http:"):
        raise ValueError("PUBLIC_URL: must start with https:// because TLS_CERT is set")


def resolved_host(host: str) -> str:
    """Return what the server listens on: `lan` becomes the address it stands for.

    Raises:
        ValueError: this machine is in no network.
    """
    if host.lower() != LAN:
        return host
    # Others need not know their interfaces.
    from bot.lan.addresses import address_on

    return address_on("0.0.0.0")
