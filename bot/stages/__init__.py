"""Speech-to-text, language model and voice as one table, and what is asked of each."""
