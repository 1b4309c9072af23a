"""The log of a session: what was heard and done, turn by turn, on its way to the store."""
