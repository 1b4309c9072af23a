"""LiveKit's signalling websocket, passed through within limits."""
