"""The page in browsers that Playwright does not drive: Firefox, and WebKit as GTK builds it.

`make browsers` runs it; no other command does.
"""
