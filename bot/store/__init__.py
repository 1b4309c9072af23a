"""What the installation keeps over restarts: conversations, what was spent, invites, the switch.

One SQLite file, or a Postgres database that several machines share; runner, bots and commands open
it. Each function asks for one thing and raises `StoreError` if the store cannot be used; whoever
asks goes on without.
"""
