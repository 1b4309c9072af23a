"""The caller's audio and data in, the bot's audio out, and what of it was heard.

Knows LiveKit's room and Pipecat's transport; imports the frames, never a vendor and no other room.
"""
