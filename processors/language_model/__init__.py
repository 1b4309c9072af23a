"""Language models: what makes any of them answer in time, and one file a vendor.

Imports the frames and `turns`; the vendors' files are imported by the application alone.
"""
