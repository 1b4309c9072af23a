"""Failures at every moment of a call, in real processes; what is heard, shown and left behind."""
