"""LiveKit's relay behind Caddy, at one port with the page: a phone that reaches nothing else.

Needs root, certutil and iptables, and a Caddy with caddy-l4, which `make deploy-check` builds where
Go is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bot.settings import PROJECT_ROOT, child_environment
from tests.deploy.network import Network, in_own_network
from tests.deploy.parts import KEY, SECRET, Parts, changed, settings_in, succeeds
from tests.deploy.phone import ANSWER, Phone, checked, open_page, ways
from tests.e2e.test_page import bubble, start

_DEPLOY = PROJECT_ROOT / "deploy"
_CADDY = PROJECT_ROOT / ".cache" / "caddy-with-layer4"
_PAGE, _SIGNALLING, _RELAY = (f"{one}.example.test" for one in ("voice", "livekit", "turn"))


@dataclass(kw_only=True)
class Server(Parts):
    """What compose.yaml starts, without its containers."""

    network: Network

    @property
    def root(self) -> Path:
        return self.folder / "caddy/pki/authorities/local/root.crt"

    def start_all(self, livekit: Path) -> None:
        self.network.know(server=(_PAGE, _SIGNALLING, _RELAY))
        server = self.network["server"]
        shutil.copy(_DEPLOY / "Caddyfile", self.folder)
        shutil.copytree(_DEPLOY / "turn", self.folder / "relay")
        told = {"PARLEY_SITE": _PAGE, "LIVEKIT_SITE": _SIGNALLING, "TURN_SITE": _RELAY}
        own = {"XDG_DATA_HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)}
        options = {"CADDY_OPTIONS": "admin off\nlocal_certs\nskip_install_trust"}
        config = self.folder / "Caddyfile"
        command = (_CADDY, "run", "--adapter", "caddyfile", "--config", config)
        self.start("caddy", server.command(*command), {**os.environ, **told, **own, **options})
        self.until_up("caddy", self.root.exists)
        path = self.folder / "livekit.yaml"
        external = {"use_external_ip: true": f"node_ip: {server.address}"}
        path.write_text(changed((_DEPLOY / "livekit.yaml").read_text(), external))
        turn = {"LIVEKIT_TURN_ENABLED": "true", "LIVEKIT_TURN_DOMAIN": _RELAY}
        keys = {"LIVEKIT_KEYS": f"{KEY}: {SECRET}"}
        command = (livekit, "--config", path)
        self.start("livekit", server.command(*command), {**os.environ, **keys, **turn})
        self.start("parley", server.command(sys.executable, "runner.py"), self._environment())
        health = server.command(sys.executable, "-c", _ASK, "http://127.0.0.1:7860/api/health")
        self.until_up("parley", lambda: succeeds(health))

    def doctor(self) -> str:
        """Return what the doctor says of the server, asked there."""
        command = (sys.executable, "runner.py", "doctor", "--public", _PAGE)
        there = self.network["server"].command(*command)
        env = self._environment() | {"SSL_CERT_FILE": str(self.root)}
        done = subprocess.run(there, env=env, check=False, capture_output=True, text=True)
        return done.stdout

    def _environment(self) -> dict[str, str]:
        told = settings_in(_DEPLOY / "parley.env")
        named = {key: one.replace(".example.com", ".example.test") for key, one in told.items()}
        own = {"LIVEKIT_API_SECRET": SECRET, "ACCESS": "open", "DATA_DIR": str(self.folder / "own")}
        return child_environment({**named, **own})


_ASK = "import sys, urllib.request as r; r.urlopen(sys.argv[1])"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    network = Network(tmp_path)
    network.add("server", "phone")
    opened = Server(folder=tmp_path, network=network)
    try:
        opened.start_all(_livekit())
        yield opened
    finally:
        opened.close()


def _livekit() -> Path:
    found = shutil.which("livekit-server")
    return Path(found or next((PROJECT_ROOT / ".cache").glob("livekit-server-*")))


@pytest.mark.skipif(not _CADDY.exists(), reason="no Caddy with caddy-l4: `make deploy-check`")
@pytest.mark.timeout(300)
@in_own_network("chromium", "certutil", "iptables")
def test_where_only_tls_gets_out_a_call_goes_through_the_relay(
    server: Server, tmp_path: Path
) -> None:
    phone = Phone(server.network["phone"], tmp_path)
    phone.trust(server.root)
    assert f"the relay at turns:{_RELAY}:443?transport=tcp gives a place" in server.doctor()
    phone.machine.drop("-p", "udp")
    phone.machine.drop("-p", "tcp", "!", "--dport", "443")
    with phone.browser() as browser, open_page(browser) as page:
        start(page, f"https://{_PAGE}")
        bubble(page, "Parley", "what can i do for you")
        bubble(page, "You", ANSWER)
        bubble(page, "Parley", ANSWER)
        assert ways(page) == ["relay by tls"]
        page.get_by_role("button", name="End call").click()
        expect(page.get_by_text("You ended the call.")).to_be_visible()
        found = checked(page, f"https://{_PAGE}")
    assert (found["line"][0], found["relay"][0]) == ("good", "good")
    assert found["sound"][0] == "weak"
