"""`make run HOST=lan` and a phone that reaches nothing else of the machine: docs/phone.md.

Phone, TLS, runner, LiveKit, bot: spoken, by UDP, then by TCP, then by neither. Needs root,
iptables, and certutil (on Debian: apt-get install iptables libnss3-tools).
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bot.settings import child_environment
from tests.deploy.network import Machine, Network, in_own_network
from tests.deploy.parts import Parts
from tests.deploy.phone import ANSWER, Phone, checked, open_page, ways
from tests.e2e.test_page import bubble, start

_UDP, _MEDIA_BY_TCP = ("-p", "udp"), ("-p", "tcp", "--dport", "7881:7882")
_LISTENING = {("tcp", 7860), ("tcp", 7881), ("udp", 7882)}


@dataclass(kw_only=True)
class Desk(Parts):
    """The machine on which Parley runs, as it comes: nothing is set but HOST."""

    machine: Machine

    def start_parley(self, name: str) -> None:
        # Nobody's mkcert is to be found.
        (self.folder / "none").mkdir(exist_ok=True)
        own = {"DATA_DIR": str(self.folder / "data"), "CAROOT": str(self.folder / "none")}
        env = child_environment({"HOST": "lan", **own})
        self.start(name, self.machine.command(sys.executable, "runner.py"), env)
        self.until_up(name, lambda: "Ctrl-C stops" in self.log(name))

    def printed(self, name: str, pattern: str) -> str:
        found = re.search(pattern, self.log(name))
        assert found is not None, self.log(name)
        return found[1]

    def reached(self) -> set[tuple[str, int]]:
        """Return the ports that others in its network reach, but for a bot's own ends of calls."""
        asked = self.machine.command("ss", "--no-header", "-tulnp")
        told = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
        rows = [line.split() for line in told.splitlines()]
        places = [
            (row[0], *row[4].rpartition(":")[::2])
            for row in rows
            if row[0] == "tcp" or "livekit" in row[-1]
        ]
        return {(kind, int(port)) for kind, host, port in places if not _is_loopback(host)}


def _is_loopback(host: str) -> bool:
    return host.startswith("127.") or host == "[::1]"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    network = Network(tmp_path)
    network.add("desk", "phone")
    opened = Desk(folder=tmp_path, machine=network["desk"])
    try:
        opened.start_parley("parley")
        yield opened
    finally:
        opened.close()


@pytest.fixture
def phone(desk: Desk, tmp_path: Path) -> Phone:
    """The phone of somebody who has done what the plain page says."""
    phone = Phone(Machine("phone", ""), tmp_path)
    plain = desk.printed("parley", r"First time (http://\S+)")
    assert b"iPhone" in phone.fetch(plain)
    root = tmp_path / "parley-root.crt"
    root.write_bytes(phone.fetch(f"{plain}/{root.name}"))
    digest = hashlib.sha256(root.read_bytes()).digest().hex(":").upper()
    assert digest[:47] in desk.log("parley") and digest[48:] in desk.log("parley")
    phone.trust(root)
    return phone


@pytest.mark.timeout(420)
@in_own_network("chromium", "certutil", "iptables", "ss")
def test_a_phone_talks_by_udp_by_tcp_and_is_told_when_by_neither(desk: Desk, phone: Phone) -> None:
    link = desk.printed("parley", r"Link +(https://\S+#invite=\S+)")
    origin = link.partition("/#")[0]
    assert desk.machine.address in origin
    assert desk.reached() == _LISTENING
    with phone.browser() as browser:
        with open_page(browser) as page:
            _talks(page, link, by="udp")
        phone.machine.drop(*_UDP)
        with open_page(browser) as page:
            _talks(page, link, by="tcp")
            _is_told(page, origin, "weak", "UDP is blocked here, so sound goes over TCP")
            phone.machine.drop(*_MEDIA_BY_TCP)
            _is_told(page, origin, "bad", "a firewall or a VPN stops UDP and TCP")
    _has_a_neighbour(desk, phone)


def _talks(page: Page, link: str, *, by: str) -> None:
    """Ask by voice and be answered, over one protocol alone."""
    start(page, link)
    bubble(page, "Parley", "what can i do for you")
    bubble(page, "You", ANSWER)
    bubble(page, "Parley", ANSWER)
    assert ways(page) == [by]
    page.get_by_role("button", name="End call").click()
    expect(page.get_by_text("You ended the call.")).to_be_visible()


def _is_told(page: Page, origin: str, status: str, sentence: str) -> None:
    found = checked(page, origin)
    assert (found["server"][0], found["line"][0]) == ("good", "good"), found
    assert found["sound"][0] == status and sentence in found["sound"][1], found


def _has_a_neighbour(desk: Desk, phone: Phone) -> None:
    """A second one on the same machine finds other ports, says so, and takes calls."""
    phone.machine.drop_no_more()
    desk.start_parley("neighbour")
    assert "Port 7860 was taken, so Parley listens on 7861" in desk.log("neighbour")
    link = desk.printed("neighbour", r"Link +(https://\S+:7861/#invite=\S+)")
    more = desk.reached() - _LISTENING
    assert ("tcp", 7861) in more and sorted(kind for kind, _ in more) == ["tcp", "tcp", "udp"]
    for kind, port in more - {("tcp", 7861)}:
        assert re.search(rf"\b{port} {kind.upper()}\b", desk.log("neighbour"))
    with phone.browser() as browser, open_page(browser) as page:
        start(page, link)
        bubble(page, "Parley", "what can i do for you")
        assert ways(page) == ["udp"]
