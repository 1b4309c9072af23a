"""The scripted brain: a deterministic stand-in for a language model, honest about being one.

`answer.answer` is the whole of it: a conversation and the tools on offer in, a reply out. One
intent is one pattern and one small function; `intents.INTENTS` is the table.
"""
