"""What the installation keeps over restarts: what was spent, invites, and the switch.

One SQLite file, opened by the runner and by its commands; a bot never sees it. Each function asks
for one thing and raises `StoreError` if the file cannot be used; whoever asks goes on without.
"""
