"""The application around the engine of `processors` and the tools of `tools`.

The files beside the folders start it and set it up: what `runner.py` runs, settings, errors, logs.
Folders, lowest first: `processes` and `languages`; `store`; `livekit` and `stages`; `rooms`; `http`
and `call`. An import goes down only. `local` stands alone.
"""
