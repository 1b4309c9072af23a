"""What sessions use, and what all of a day may use together."""
