"""One file a language: every word the bot says by itself, and the caller's words it knows.

May import the types of processors and tools that hold such words; `bot/call` hands them out.
"""
