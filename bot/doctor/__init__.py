"""The command `doctor`: what is wrong with an installation, or with a server, and its fix."""
