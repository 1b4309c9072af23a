"""Speech that was made before and is said again: whose it is, how it is kept, and how long."""
