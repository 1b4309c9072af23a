"""Planted defects: each breaks one promise, and names the tests that must notice.

One file a part of the house holds them; `make mutants` plants one after the other in a copy.
"""
