"""Reusable Pipecat parts; they know Pipecat and LiveKit, not our application.

Folders, lowest first: `room`; `turns`; `speech_to_text`, `language_model`, `text_to_speech` and
`agent_protocol`, which do not know each other. An import goes down only, or to the files beside the
folders, which import none of them.
"""
