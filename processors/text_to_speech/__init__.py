"""Voices: speech that is early, whole and speakable from any of them, and one file a vendor.

Imports the frames; the vendors' files are imported by the application alone.
"""
