"""Which way of ACCESS it is."""

from __future__ import annotations

from bot.access.brake import Brake
from bot.access.doors import Door, KeyDoor, OpenDoor, ProxyDoor
from bot.access.invites import InviteDoor, open_signer
from bot.errors import LaunchError
from bot.processes.task_set import TaskSet
from bot.settings import Settings
from bot.store.shared.shared import SharedStore
from bot.store.store import Store


def build_door(
    settings: Settings,
    store: Store | None = None,
    *,
    shared: SharedStore | None = None,
    tasks: TaskSet | None = None,
) -> Door:
    """Return the way that is set.

    Args:
        settings: Which.
        store: Where invites are kept; the other ways need none.
        shared: Where wrong guesses are counted with those at other runners.
        tasks: Of this runner; invites need them.

    Raises:
        LaunchError: there is no place for invites.
    """
    match settings.access:
        case "key":
            return KeyDoor(key=settings.access_key.get_secret_value(), brake=Brake(shared=shared))
        case "proxy":
            return ProxyDoor(proxies=settings.access_proxies, header=settings.access_header)
        case "invite":
            if store is None or not store.is_kept:
                place = settings.store_place
                message = f"ACCESS is invite, and with {place} no invites can be kept"
                raise LaunchError("no_invites", message)
            signer = open_signer(settings.data_dir)
            return InviteDoor(store=store, signer=signer, tasks=tasks or TaskSet())
        case "" | "open":
            return OpenDoor()
