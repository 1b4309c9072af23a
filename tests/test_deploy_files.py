"""The files in `deploy/` as they are read: by themselves, beside each other, and by the settings.

What they do is shown by `make deploy-check`.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from bot.http.lan.lan_app import build_lan_app
from bot.http.listener import bind
from bot.http.server import open_http_server
from bot.lan.addresses import own_addresses
from bot.lan.reach import Reach
from bot.processes.child_process import Limits
from bot.serve import STOP_SECS
from bot.settings import Settings
from bot.worker.worker_end import DRAIN_LIMIT_SECS, FAREWELL_SECS
from tests.bot.http.api_client import open_api
from tests.bot.lan.certificates import write_pair
from tests.layout import PROJECT_ROOT
from tests.ports import free_port

_DEPLOY = PROJECT_ROOT / "deploy"
_YAML = sorted(_DEPLOY.rglob("*.yaml"))
_SETTINGS = sorted(_DEPLOY.rglob("parley.env"))
_KEYS = {"livekit_api_key": "k", "livekit_api_secret": "s" * 32}


def _named_twice(node: yaml.Node) -> Iterator[str]:
    """Yield the keys that a mapping has twice: some readers refuse it, and others take the last."""
    if isinstance(node, yaml.MappingNode):
        names = [str(key.value) for key, _ in node.value]
        yield from {name for name in names if names.count(name) > 1}
        for _, value in node.value:
            yield from _named_twice(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _named_twice(value)


@pytest.mark.parametrize("path", _YAML, ids=lambda path: str(path.relative_to(_DEPLOY)))
def test_nothing_is_said_twice(path: Path) -> None:
    documents = list(yaml.compose_all(path.read_text(encoding="utf-8")))
    assert documents
    assert [name for one in documents for name in _named_twice(one)] == []


@pytest.mark.parametrize("path", _SETTINGS, ids=lambda path: str(path.relative_to(_DEPLOY)))
def test_files_of_settings_hold_settings_that_go_together(path: Path) -> None:
    # What several machines have the same of stands beside what each one has.
    paths = [_DEPLOY / "parley.env"] if path.parent.name == "many" else []
    told = dict(
        line.split("=", 1)
        for one in (*paths, path)
        for line in one.read_text(encoding="utf-8").splitlines()
        if line and line[0] != "#"
    )
    given = {name.lower(): value for name, value in told.items()}
    assert given.keys() <= Settings.model_fields.keys()
    settings = Settings.model_validate({**given, **_KEYS})
    assert settings.is_exposed and not settings.serves_tls


def _compose() -> dict[str, Any]:
    return yaml.safe_load((_DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def test_each_service_gives_away_what_it_does_not_need() -> None:
    services = _compose()["services"]
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "caddy" else [])
        assert "ports" not in service, "all share the machine's network"
    assert {name for name, one in services.items() if "profiles" in one} == {
        "parley-7861",
        "postgres",
        "redis",
    }


def test_services_stand_where_the_other_files_say() -> None:
    services = _compose()["services"]
    caddy = (_DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    livekit = (_DEPLOY / "livekit.yaml").read_text(encoding="utf-8")
    for name in ("parley-7860", "parley-7861"):
        port = services[name]["environment"]["PORT"]
        assert name.endswith(port) and f"127.0.0.1:{port}" in caddy
        assert f"http://127.0.0.1:{port}/" in livekit
    asked = re.findall(r"\$\{(\w+):\?", (_DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    assert set(asked) == {"PARLEY_SITE", "LIVEKIT_SITE", "TURN_SITE", "LIVEKIT_API_SECRET"}


def _graces() -> Iterator[tuple[str, float]]:
    """Yield where a runner stands, and for how many seconds it may stop."""
    unit = (_DEPLOY / "parley@.service").read_text(encoding="utf-8")
    found = re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert found is not None
    yield "systemd", float(found[1])
    for name in ("parley-7860", "parley-7861"):
        yield name, float(_compose()["services"][name]["stop_grace_period"].removesuffix("s"))
    pod = _pod("runner")
    pause = pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1]
    yield "Kubernetes", pod["terminationGracePeriodSeconds"] - float(pause)


def _pod(name: str) -> dict[str, Any]:
    text = (_DEPLOY / "kubernetes" / f"{name}.yaml").read_text(encoding="utf-8")
    (one,) = (one for one in yaml.safe_load_all(text) if one["kind"] == "Deployment")
    return one["spec"]["template"]["spec"]


@pytest.mark.promise(
    "Parts on this machine", "Nobody kills a runner or a worker before its calls have ended."
)
def test_no_stop_is_cut_short() -> None:
    # LiveKit, the local providers and the HTTP server, one after the other.
    beside = 3 * Limits().stop_secs
    assert {name: secs for name, secs in _graces() if secs < STOP_SECS + beside} == {}
    # One without a program beside it goes on for as long as its calls do.
    longest = max(STOP_SECS, DRAIN_LIMIT_SECS + FAREWELL_SECS)
    assert _pod("worker")["terminationGracePeriodSeconds"] >= longest + beside


def test_livekit_is_not_waited_for_while_somebody_is_in_it() -> None:
    unit = (_DEPLOY / "livekit.service").read_text(encoding="utf-8")
    # As long as Compose waits by itself: 1.13.5 with one guest had not ended after 100 s.
    assert "\nTimeoutStopSec=10\n" in unit
    assert "stop_grace_period" not in _compose()["services"]["livekit"]


@pytest.mark.parametrize("name", ["livekit.service", "parley@.service"])
def test_what_fails_at_once_is_started_again_for_ever(name: str) -> None:
    unit = (_DEPLOY / name).read_text(encoding="utf-8")
    head, service = unit.split("[Service]")
    # LiveKit ends within a tenth of a second if its Redis, or the network, is late.
    assert "\nStartLimitIntervalSec=0\n" in head
    assert re.search(r"^Restart=(always|on-failure)$", service, re.MULTILINE)
    assert re.search(r"^RestartSec=[1-9]", service, re.MULTILINE)


def test_a_version_starts_once_its_store_answers() -> None:
    services = _compose()["services"]
    for name in ("parley-7860", "parley-7861"):
        waits_for = services[name]["depends_on"]
        # Without its profile it is not there.
        assert waits_for["postgres"] == {"condition": "service_healthy", "required": False}
        assert "livekit" in waits_for
    asked = services["postgres"]["healthcheck"]["test"]
    listens = next(one for one in services["postgres"]["command"] if "listen_addresses" in one)
    assert asked[asked.index("--host") + 1] == listens.partition("=")[2]


def _adapted(folder: Path, *parts: str) -> subprocess.CompletedProcess[str]:
    """Have the Caddy of this machine read Caddyfile, with these files for the relay."""
    shutil.copy(_DEPLOY / "Caddyfile", folder)
    (folder / "relay").mkdir()
    for part in parts:
        shutil.copy(_DEPLOY / "turn" / part, folder / "relay")
    names = {f"{one}_SITE": f"{one.lower()}.test" for one in ("PARLEY", "LIVEKIT", "TURN")}
    command = ["caddy", "adapt", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
    return subprocess.run(
        command,
        env={**os.environ, **names},
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )


@pytest.mark.skipif(not shutil.which("caddy"), reason="Caddy is not installed")
@pytest.mark.parametrize("parts", [(), ("site.caddy",)])
def test_caddy_itself_reads_its_file(tmp_path: Path, parts: tuple[str, ...]) -> None:
    done = _adapted(tmp_path, *parts)
    assert done.returncode == 0, done.stderr
    hosts = json.dumps(json.loads(done.stdout)["apps"]["http"])
    assert ("turn.test" in hosts) is bool(parts)
    assert '"127.0.0.1:7860"' in hosts and '"livekit.test"' in hosts


@pytest.mark.skipif(not shutil.which("caddy"), reason="Caddy is not installed")
def test_of_the_relay_s_files_caddy_lacks_one_module_alone(tmp_path: Path) -> None:
    done = _adapted(tmp_path, "listener.caddy", "site.caddy")
    # What a Caddy with it does is looked at by tests/deploy/test_relay.py.
    lacking = set(re.findall(r"caddy\.\w+\.\w+", done.stderr))
    assert done.returncode == 0 or lacking == {"caddy.listeners.layer4"}, done.stderr


def test_the_relay_s_image_can_be_named_by_hashes() -> None:
    text = (_DEPLOY / "turn" / "Containerfile").read_text(encoding="utf-8")
    given = dict(re.findall(r"^ARG (\w+)=(\S+)$", text, re.MULTILINE))
    # A hash stands at the end of a name, so nothing may be added to one.
    assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == [f"${{{one}}}" for one in given][::-1]
    pinned = r"--with github.com/mholt/caddy-l4@v\d+\.\d+\.\d+ .*\n.* build-info \| grep -F \"h1:"
    assert re.search(pinned, text)


def _health_commands() -> dict[str, list[str]]:
    """Return what asks each kind of container how it is."""
    image = (_DEPLOY / "Containerfile").read_text(encoding="utf-8")
    (found,) = re.findall(r"HEALTHCHECK .*\\\n\s+CMD (\[.*\])", image)
    commands = {"image": json.loads(found)}
    for name in ("runner", "worker"):
        text = (_DEPLOY / "kubernetes" / f"{name}.yaml").read_text(encoding="utf-8")
        pod = next(yaml.safe_load_all(text))["spec"]["template"]["spec"]["containers"][0]
        commands[name] = pod["readinessProbe"]["exec"]["command"]
        if name == "worker":
            assert commands[name][2:] == [one["value"] for one in pod["env"]]
    return commands


async def _is_well(name: str, port: int, *, host: str = "") -> bool:
    """Ask as a container does, in which a proxy is set that nobody listens at."""
    python, script, *ports = _health_commands()[name]
    assert python == "python"
    nowhere = f"http://127.0.0.1:{free_port()}"
    env = {**os.environ, "HTTP_PROXY": nowhere, "http_proxy": nowhere, "HTTPS_PROXY": nowhere}
    asking = await asyncio.create_subprocess_exec(
        *(sys.executable, script, *(str(port) for _ in ports)),
        cwd=_DEPLOY,
        env={**env, "PORT": str(port), "HOST": host},
        stderr=asyncio.subprocess.DEVNULL,
    )
    return await asking.wait() == 0


@pytest.mark.parametrize("name", ["image", "runner", "worker"])
@pytest.mark.parametrize("status", [200, 503, None])
async def test_health_is_asked_past_a_proxy_of_the_environment(
    name: str, status: int | None
) -> None:
    answer = Response(status_code=status or 200)
    app = Starlette(routes=[Route("/{path:path}", lambda _: answer)])
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1] if status else free_port()
        async with open_http_server(app, listener=listener):
            assert await _is_well(name, port) is (status == 200)


async def test_a_runner_that_hangs_is_not_well() -> None:
    with bind("127.0.0.1", 0) as listener:
        assert not await _is_well("image", listener.getsockname()[1])


@pytest.mark.promise(
    "Parts on this machine", "A container is asked how it is, also one that speaks TLS itself."
)
@pytest.mark.parametrize("host", ["", "0.0.0.0", "lan"])
@pytest.mark.parametrize("is_well", [True, False])
async def test_health_of_a_runner_that_speaks_tls_itself(
    tmp_path: Path, host: str, is_well: bool
) -> None:
    if host == "lan" and not own_addresses():
        pytest.skip("this machine has no address in a network")
    pair = write_pair(tmp_path, ["voice.example"])
    given = {"host": host, "public_url": "https://voice.example", "access": "open"}
    settings = Settings.model_validate(
        {**given, "tls_cert": pair.certificate, "tls_key": pair.key, "data_dir": tmp_path}
    )
    with bind(settings.host, 0) as listener:
        port = listener.getsockname()[1]
        reach = Reach(settings, port=port)
        async with open_api() as api:
            app = build_lan_app(settings=settings, backend=api.backend, reach=reach)
            if not is_well:
                api.backend.sessions.drain()
            async with open_http_server(app, listener=listener, tls=lambda: reach.context):
                assert await _is_well("image", port, host=host) is is_well
