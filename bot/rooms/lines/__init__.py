"""How many calls there may be at once, who has a line, and who waits for one."""
