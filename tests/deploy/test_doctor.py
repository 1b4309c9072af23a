"""`runner.py doctor --public` on a whole server with its usual ports, in a network of its own.

The server has an address that is none of loopback, names, Caddy's certificates, LiveKit and Parley
from the files in `deploy/`; then one thing after the other is broken.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.livekit.install import find_or_install
from bot.settings import PROJECT_ROOT, Settings, child_environment

_ADDRESS = "203.0.113.10"  # of nobody (RFC 5737)
_LIMIT_SECS = 240.0
_SECRET = "5f0c9b7e3d1a48620f9e8d7c6b5a4930"

_SCRIPT = """
set -eu
cd "$PROJECT"
mount -t proc proc /proc
ip link set lo up
ip addr add $ADDRESS/32 dev lo
mount --bind "$FOLDER/hosts" /etc/hosts
"$LIVEKIT" --config "$FOLDER/livekit.yaml" > "$FOLDER/livekit.log" 2>&1 &
caddy run --adapter caddyfile --config deploy/Caddyfile > "$FOLDER/caddy.log" 2>&1 &
"$PYTHON" runner.py > "$FOLDER/parley.log" 2>&1 &
parley=$!
until "$PYTHON" -c 'import urllib.request as r; r.urlopen("http://127.0.0.1:7860/api/health")' \\
    2>/dev/null; do kill -0 $parley; sleep 1; done
look() {
    echo "== $1"
    set +e
    SSL_CERT_FILE="$FOLDER/caddy/pki/authorities/local/root.crt" \\
        "$PYTHON" runner.py doctor --public voice.example.test 2>/dev/null
    echo "code $?"
    set -e
}
look whole
iptables -A INPUT -p udp --dport 7882 -j DROP
look udp
iptables -F
iptables -A INPUT -p tcp --dport 7881 -j REJECT
look tcp
iptables -F
"$PYTHON" -c 'import socket, time
with socket.create_server(("0.0.0.0", 6379)): time.sleep(600)' &
redis=$!
LIVEKIT_API_SECRET=anothers-secret-0123456789abcdef look key
kill $redis
kill $parley
wait $parley || true
look gone
"""

needs = pytest.mark.skipif(
    os.geteuid() != 0
    or any(not shutil.which(one) for one in ("caddy", "unshare", "ip", "iptables")),
    reason="it takes root, Caddy, unshare, ip and iptables",
)


def _environment(folder: Path, livekit: Path) -> dict[str, str]:
    lines = (PROJECT_ROOT / "deploy" / "parley.env").read_text().splitlines()
    told = dict(line.split("=", 1) for line in lines if line and line[0] != "#")
    names = {name: value.replace(".example.com", ".example.test") for name, value in told.items()}
    return child_environment(
        {
            **names,
            "LIVEKIT_API_SECRET": _SECRET,
            "LIVEKIT_KEYS": f"parley: {_SECRET}",
            "DATA_DIR": str(folder / "data"),
            "CADDY_OPTIONS": "local_certs\nskip_install_trust",
            "PARLEY_SITE": "voice.example.test",
            "LIVEKIT_SITE": "livekit.example.test",
            "XDG_DATA_HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "PROJECT": str(PROJECT_ROOT),
            "PYTHON": str(PROJECT_ROOT / ".venv" / "bin" / "python"),
            "FOLDER": str(folder),
            "LIVEKIT": str(livekit),
            "ADDRESS": _ADDRESS,
        }
    )


def _files(folder: Path) -> None:
    names = "voice.example.test livekit.example.test"
    (folder / "hosts").write_text(f"127.0.0.1 localhost\n{_ADDRESS} {names}\n")
    config = (PROJECT_ROOT / "deploy" / "livekit.yaml").read_text()
    own = f"node_ip: {_ADDRESS}\n  enable_loopback_candidate: true\n"
    own += f"  ips: {{includes: [{_ADDRESS}/32]}}"
    assert "use_external_ip: true" in config
    (folder / "livekit.yaml").write_text(config.replace("use_external_ip: true", own))


def _wrong(text: str) -> list[str]:
    return re.findall(r"^FAIL  (.*\n      -> .*)$", text, re.MULTILINE)


@needs
@pytest.mark.timeout(_LIMIT_SECS + 30.0)
async def test_each_thing_that_breaks_is_found_and_nothing_else(tmp_path: Path) -> None:
    _files(tmp_path)
    livekit = await find_or_install(Settings())
    done = subprocess.run(  # noqa: ASYNC221 - nothing else runs here
        ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _SCRIPT],
        env=_environment(tmp_path, livekit),
        capture_output=True,
        text=True,
        check=False,
        timeout=_LIMIT_SECS,
    )
    parts = re.split(r"^== (\w+)\n", done.stdout, flags=re.MULTILINE)[1:]
    told = dict(zip(parts[::2], parts[1::2], strict=True))
    assert told.keys() == {"whole", "udp", "tcp", "key", "gone"}, done.stdout + done.stderr
    wrong = {name: _wrong(text) for name, text in told.items()}
    assert wrong["whole"] == [], told["whole"]
    assert "code 0" in told["whole"]
    for words in ("nothing is open that is for the server alone", "sound gets in by TCP"):
        assert words in told["whole"]
    expected = {
        "udp": ["7882/udp in at the firewall"],
        "tcp": ["7881/tcp in at the firewall"],
        "key": ["it refuses our key", "Redis is open to others", "restart it"],
        "gone": ["the proxy reaches no Parley"],
    }
    for name, sentences in expected.items():
        assert "code 1" in told[name]
        assert len(wrong[name]) == len(sentences), told[name]
        for sentence in sentences:
            assert any(sentence in one for one in wrong[name]), told[name]
    assert _SECRET not in done.stdout
