"""What was signed at one machine opens the others'."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

from bot.access.invites import open_signer, share_invites
from bot.store.store import Store


async def test_a_link_of_one_machine_opens_the_others(store: Store, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("a", "b", "c")]
    links = [open_signer(folder).token_of("invite") for folder in folders[:2]]
    assert links[0] != links[1]
    for _ in range(2):
        await asyncio.gather(*(share_invites(store, folder) for folder in folders[:2]))
    # A machine that comes later.
    await share_invites(store, folders[2])
    links = [open_signer(folder).token_of("invite") for folder in folders]
    assert len(set(links)) == (1 if store.is_shared else 3)
    for folder in folders:
        (key,) = folder.iterdir()
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
