"""Providers with scripted delays: the wire protocols of Deepgram and OpenAI, and tones for voices.

`bot/local` gives real speech; this gives known times. It hears where an utterance begins, knows its
words and length from the script, answers with a known text, and speaks that as a tone whose pitch
names the turn. Every request and first byte is stamped with `time.monotonic`.
"""
