"""What a phone of the local network is given: one origin, one port, TLS and a way to trust it."""
