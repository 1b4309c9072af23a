"""The image is built, and Parley started in it as it would be; Compose reads compose.yaml.

No engine runs here. Of what compose.yaml takes away, the root that can be written is tried.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.livekit.install import find_or_install
from bot.settings import PROJECT_ROOT, Settings
from tests.deploy.image import BUILD_SECS, Container, Images, lacks, stop
from tests.ports import free_port
from tests.waiting import until

_DEPLOY = PROJECT_ROOT / "deploy"
_LIMIT_BYTES = 900_000_000
_USER = 10001
_READY_SECS = 180.0

needs_buildah = pytest.mark.skipif(bool(lacks()), reason=lacks() or "it is there")


@pytest.fixture(scope="module")
def images() -> Images:
    # Kept, as a build takes many minutes and what has not changed is not built again.
    return Images(Path("/var/tmp/parley-images"))


@pytest.fixture
async def container(images: Images) -> AsyncIterator[Container]:
    program = await find_or_install(Settings())
    name = await asyncio.to_thread(images.build, program)
    opened = Container(images, await asyncio.to_thread(images.run, "from", name))
    try:
        yield opened
    finally:
        await asyncio.to_thread(images.run, "rm", opened.name)


_PROBE = """
import json, os, shutil
from bot.settings import Settings
from processors import moonshine
from processors.turns import analyzer, silero
silero.load(); analyzer.load()
found = [one for one in ("gcc", "cc", "g++", "make", "npm", "node", "pip", "git", "curl")
         if shutil.which(one)]
print(json.dumps({"uid": os.getuid(), "found": found, "data": str(Settings().data_dir)}))
"""


@needs_buildah
@pytest.mark.timeout(BUILD_SECS)
async def test_the_image_is_small_and_runs_as_nobody_with_all_it_needs(
    images: Images, container: Container, tmp_path: Path
) -> None:
    size_bytes = images.size_bytes("localhost/parley")
    assert size_bytes < _LIMIT_BYTES
    told: dict[str, Any] = json.loads(container.said("python", "-c", _PROBE).splitlines()[-1])
    assert told == {"uid": _USER, "found": [], "data": "/data"}
    assert "livekit-server version" in container.said("livekit-server", "--version")
    data, port = tmp_path / "data", free_port()
    data.mkdir()
    os.chown(data, _USER, _USER)
    log = tmp_path / "parley.log"
    process = container.start(
        *("python", "runner.py", "serve"), data=data, log=log, settings={"PORT": str(port)}
    )
    try:
        answer = await _health(port, process, log)
    finally:
        await asyncio.to_thread(stop, process)
    assert answer["status"] == "ok"
    assert (answer["worker"], answer["providers"]["local"]) == ("ok", "ok")
    kept = {one.name: one.stat().st_uid for one in data.iterdir()}
    assert set(kept.values()) == {_USER}
    assert "parley.sqlite" in kept


async def _health(port: int, process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}

    async def is_well() -> bool:
        assert process.poll() is None, _end_of(log)
        try:
            async with httpx.AsyncClient(trust_env=False) as http:
                answer = await http.get(f"http://127.0.0.1:{port}/api/health", timeout=5.0)
        except httpx.HTTPError:
            return False
        found.update(answer.json())
        return answer.is_success

    await until(is_well, limit_secs=_READY_SECS)
    return found


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-4000:]


def test_compose_takes_it(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "compose", "version"], check=False).returncode:
        pytest.skip("Docker's Compose is not here (its client alone reads no compose.yaml)")
    env = {**os.environ, "PARLEY_SITE": "a.test", "LIVEKIT_SITE": "b.test", "TURN_SITE": "c.test"}
    env["LIVEKIT_API_SECRET"] = "s" * 32
    shutil.copytree(_DEPLOY, tmp_path / "deploy")
    (tmp_path / "deploy" / ".env").touch()
    command = [docker, "compose", "--profile", "*", "--file", "compose.yaml", "config", "--quiet"]
    subprocess.run(command, check=True, timeout=60, cwd=tmp_path / "deploy", env=env)


@pytest.mark.skipif(not shutil.which("go"), reason="Go is not installed")
def test_the_relay_s_part_is_what_go_s_database_says() -> None:
    text = (_DEPLOY / "turn" / "Containerfile").read_text(encoding="utf-8")
    pinned = re.search(r"--with (\S+@v\S+).*?(h1:\S+=)", text, re.DOTALL)
    assert pinned is not None
    command = ["go", "mod", "download", "-json", pinned[1]]
    done = subprocess.run(command, cwd="/", check=False, capture_output=True, text=True, timeout=60)
    if done.returncode:
        pytest.skip("modules cannot be downloaded here")
    assert json.loads(done.stdout)["Sum"] == pinned[2]
