"""Runs the calls of a session's model in the pipeline; `tools.calls` decides about them."""
