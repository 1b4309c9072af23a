"""What runs in the process of a bot: the worker's job, the session and its pipeline."""
