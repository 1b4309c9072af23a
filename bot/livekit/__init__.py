"""The LiveKit server of this machine: found, installed, configured, run, and asked."""
