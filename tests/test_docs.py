"""The pages about the code are true of it as it is."""

from __future__ import annotations

import ast
import asyncio
import os
import re
import shutil
import sqlite3
import subprocess
import textwrap
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from bot.store.store import open_store
from bot.store.switch import is_paused, set_paused
from tests.layout import PROJECT_ROOT
from tests.postgres_server import find_postgres, postgres_server

_FILES = (
    "bot/call/pipeline.py",
    "bot/call/audience.py",
    "bot/call/session.py",
    "processors/turns/patience.py",
)
_DOCS = PROJECT_ROOT / "docs"
_TEXT = (PROJECT_ROOT / "docs" / "change.md").read_text(encoding="utf-8")


def _blocks(language: str, text: str = _TEXT) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)


def _deploy_commands(word: str) -> str:
    """Return the commands of docs/deploy.md that have a word in them."""
    text = (_DOCS / "deploy.md").read_text(encoding="utf-8")
    (found,) = [block for block in _blocks("sh", text) if word in block]
    return found


@pytest.mark.parametrize("block", _blocks("python"))
def test_the_code_it_shows_is_python(block: str) -> None:
    ast.parse(textwrap.dedent(block))


@pytest.mark.parametrize("block", _blocks("diff"))
def test_what_it_replaces_is_there(block: str) -> None:
    old = [line[1:] for line in block.splitlines() if line[0] in " -"]
    files = [PROJECT_ROOT / name for name in _FILES]
    sources = [file.read_text(encoding="utf-8") for file in files]
    assert any("\n".join(old) in source for source in sources)


def test_the_files_it_names_exist() -> None:
    rows = re.findall(r"^\| .* \| (`.*) \|$", _TEXT, flags=re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([\w./<>]+)`(?! \(new\))", row)]
    existing = [name for name in named if "<" not in name]
    assert len(existing) > 8
    assert not [name for name in existing if not (PROJECT_ROOT / name).exists()]


@pytest.mark.parametrize("page", ["README.md", *sorted(p.name for p in _DOCS.glob("*.md"))])
def test_what_a_page_links_to_exists(page: str) -> None:
    path = PROJECT_ROOT / page if page == "README.md" else _DOCS / page
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    assert not [link for link in local if not (path.parent / link).exists()]


@pytest.mark.parametrize("is_well", [True, False])
def test_the_old_version_is_stopped_once_the_new_one_is_well(tmp_path: Path, is_well: bool) -> None:
    told = tmp_path / "told"
    for name in ("sudo", "systemctl", "curl"):
        code = 22 if name == "curl" and not is_well else 0
        (tmp_path / name).write_text(f'#!/bin/sh\necho {name} "$@" >> {told}\nexit {code}\n')
        (tmp_path / name).chmod(0o755)
    commands = _deploy_commands("enable --now parley@7861")
    subprocess.run(["/bin/sh", "-c", commands], check=False, env={"PATH": str(tmp_path)})
    assert "enable --now parley@7861" in told.read_text()
    assert ("disable --now parley@7860" in told.read_text()) is is_well


@pytest.mark.parametrize("places", [["7860"], ["7860", "7861"], ["7861", "7860"], ["7861"]])
def test_the_operator_s_commands_are_run_in_the_newest_checkout(
    tmp_path: Path, places: list[str]
) -> None:
    for age, place in enumerate(reversed(places)):
        (tmp_path / place).mkdir()
        made_at = 1_700_000_000 - 60 * age
        os.utime(tmp_path / place, (made_at, made_at))
    (tmp_path / "systemd-run").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "systemd-run").chmod(0o755)
    (function,) = re.findall(
        r"^parley\(\) \{.*?; \}$", _deploy_commands("parley() {"), re.MULTILINE | re.DOTALL
    )
    commands = f"{function}\nparley invite --for 'Ada B'".replace("/opt/parley", str(tmp_path))
    path = f"{tmp_path}:{os.environ['PATH']}"
    told = subprocess.run(
        ["/bin/sh", "-ec", commands], check=True, env={"PATH": path}, capture_output=True, text=True
    ).stdout.splitlines()
    newest = tmp_path / places[-1]
    assert told[-5:] == [f"{newest}/.venv/bin/python", "runner.py", "invite", "--for", "Ada B"]
    assert {f"WorkingDirectory={newest}", f"Environment=PORT={places[-1]}"} <= set(told)


@pytest.mark.skipif(not shutil.which("sqlite3"), reason="SQLite's own program is not installed")
def test_a_copy_goes_back_in_the_place_of_a_file_that_was_killed(tmp_path: Path) -> None:
    live, copies = tmp_path / "live", tmp_path / "copies"
    live.mkdir()
    (live / "invites.key").write_bytes(b"k" * 32)
    with closing(sqlite3.connect(live / "parley.sqlite", isolation_level=None)) as store:
        store.execute("PRAGMA journal_mode=WAL")
        store.execute("CREATE TABLE said (words TEXT)")
        store.execute("INSERT INTO said VALUES ('before')")
        _run(_deploy_commands(".backup"), {"/var/lib/parley": live, "/srv/parley-backup": copies})
        for _ in range(100):
            store.execute("INSERT INTO said VALUES ('after')")
        # What a process leaves that is killed.
        killed = Path(shutil.copytree(live, tmp_path / "killed"))
    (killed / "invites.key").unlink()
    places = {"/var/lib/parley": killed, "/srv/parley-backup": copies}
    # There is no such user here, and nothing to stop.
    own = {"-o parley -g parley ": "", "systemctl": "true"}
    _run(_deploy_commands("install -o parley -g parley -m 600"), {**places, **own})
    assert (killed / "invites.key").read_bytes() == b"k" * 32
    with closing(sqlite3.connect(killed / "parley.sqlite")) as store:
        assert store.execute("SELECT words FROM said").fetchall() == [("before",)]
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.skipif(
    find_postgres() is None or not shutil.which("pg_dump"), reason="Postgres is not installed"
)
def test_a_copy_of_postgres_goes_into_an_empty_database(tmp_path: Path) -> None:
    places = {"/srv/parley-backup": tmp_path}
    with postgres_server() as url:
        other = make_url(url).set(database="other").render_as_string(False)
        assert asyncio.run(_paused(tmp_path, url, turns_to=True))
        _run(_deploy_commands("pg_dump"), {**places, "$DATABASE_URL": url})
        subprocess.run(["psql", "-qc", "CREATE DATABASE other", url], check=True)
        _run(_deploy_commands("ON_ERROR_STOP"), {**places, "$DATABASE_URL": other})
        assert asyncio.run(_paused(tmp_path, other))


async def _paused(folder: Path, url: str, *, turns_to: bool | None = None) -> bool:
    async with open_store(folder, database_url=url) as store:
        if turns_to is not None:
            await set_paused(store, turns_to)
        return await is_paused(store)


def _run(commands: str, changes: dict[str, Path | str]) -> None:
    for old, new in changes.items():
        assert old in commands, old
        commands = commands.replace(old, str(new))
    subprocess.run(["/bin/sh", "-ec", commands], check=True)
