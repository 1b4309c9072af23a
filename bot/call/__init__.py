"""What runs in the process of a bot: the session and its pipeline.

Here `processors` and `tools` meet; of the application it imports all but `http` and `worker`.
"""
