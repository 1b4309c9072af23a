"""Looks that find what nobody tells: bots, rooms, workers and runners that are lost."""
