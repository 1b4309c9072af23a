"""Who hears, thinks and speaks: the table of vendors, the stages as set, and how each is asked.

`vendor`, `vendors` and bot/settings.py are what the rest stands on; nothing here imports a service.
"""
