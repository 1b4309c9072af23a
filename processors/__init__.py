"""Reusable Pipecat parts; they know Pipecat and LiveKit, not our application."""
