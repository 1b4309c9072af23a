"""Bots of a few lines that use parts of this project beside Pipecat's own; each can be run."""
