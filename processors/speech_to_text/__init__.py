"""Recognisers: what makes any of them dependable, and one file a vendor.

Imports the frames and `turns`; the vendors' files are imported by the application alone.
"""
