"""What several runners of one store agree about: who has what, who waits, how often."""
