"""Who may call: the ways of ACCESS, and who a caller is then. HTTP is `bot/http/access.py`."""
