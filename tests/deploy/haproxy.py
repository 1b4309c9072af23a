"""HAProxy from `deploy/many/`, with a certificate that is its own authority."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from bot.settings import PROJECT_ROOT
from tests.deploy.parts import changed

OWN = "own.pem"
"""Whom all have to trust: the certificate, in the folder that was given."""
_CONFIG = PROJECT_ROOT / "deploy" / "many" / "haproxy.cfg"


def write_haproxy(folder: Path, *, names: str, changes: Mapping[str, str]) -> list[str]:
    """Write what HAProxy needs, and return the command that runs it.

    Args:
        folder: Where.
        names: What the certificate is for, as openssl has it: DNS:name,IP:address.
        changes: In the configuration.
    """
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    files = ("-keyout", str(folder / "key.pem"), "-out", str(folder / OWN))
    is_leaf = ("-addext", "basicConstraints=critical,CA:FALSE")
    told = ("-subj", "/CN=own", "-addext", f"subjectAltName={names}", *is_leaf)
    made = ("openssl", "req", "-x509", *key, *files, *told)
    subprocess.run(made, check=True, capture_output=True)
    both = folder / "parley.pem"
    both.write_text("".join((folder / one).read_text() for one in (OWN, "key.pem")))
    path = folder / "haproxy.cfg"
    text = changed(_CONFIG.read_text(), {**changes, "/etc/haproxy/parley.pem": str(both)})
    path.write_text(text)
    return ["haproxy", "-db", "-f", str(path)]
