"""Rooms and sessions as the runner sees them: planned, made, counted, watched, ended."""
