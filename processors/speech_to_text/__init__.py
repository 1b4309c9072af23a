"""Recognisers: layers that make any of Pipecat's dependable, and one file a vendor.

Imports `turns` and what lies beside the folders, and no vendor but in a vendor's file; those are
imported by the application alone.
"""
