"""The HTTP API, the page, and their limits. What a call does lives in `bot.rooms`."""
