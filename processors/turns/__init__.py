"""When the caller's turn begins and ends, and which words it holds.

Knows voice, pauses and words as frames carry them; imports what lies beside the folders, and never
a vendor.
"""
