"""What servers of OpenAI's chat completions take, refuse and send: one reply, whoever serves it."""
