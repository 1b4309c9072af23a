"""The forms in which servers send speech, and how each becomes the pipeline's PCM."""
