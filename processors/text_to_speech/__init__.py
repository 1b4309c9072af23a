"""Voices: speech that is early, whole and speakable from any of them, and one file a vendor.

`Speaking` goes around any of Pipecat's services. Imports what lies beside the folders; the vendors'
files are imported by the application alone.
"""
