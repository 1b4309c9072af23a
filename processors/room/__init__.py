"""The caller's audio and data in, the bot's audio out, and what of it was heard.

Knows LiveKit's room and Pipecat's transport; imports what lies beside the folders, and never a
vendor.
"""
