"""Starts of sessions as they come over HTTP: counted, repeated by their key, kept waiting."""
