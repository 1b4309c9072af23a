"""Child processes, signals and background tasks with an owner."""
