"""What LiveKit's clients expect of an agent: captions, presence, chat and the session channel.

Watches the conversation through frames and the room; imports `room` and what lies beside the
folders.
"""
