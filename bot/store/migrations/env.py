"""Run by Alembic, on the connection that `bot/store/store.py` has opened."""

from __future__ import annotations

from alembic import context

from bot.store.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
