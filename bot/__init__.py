"""The application: settings, HTTP API, rooms, worker, session and pipeline."""
