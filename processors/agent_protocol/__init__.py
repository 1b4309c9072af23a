"""What LiveKit's clients expect of an agent: captions, presence, chat and the session channel.

Watches the conversation through frames and the room; imports the frames, `turns` and `room`.
"""
