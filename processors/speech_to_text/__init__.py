"""Recognisers: layers that make any of Pipecat's dependable, and one file a vendor.

Imports the frames and `turns`, and no vendor but in a vendor's file; those are imported by the
application alone.
"""
