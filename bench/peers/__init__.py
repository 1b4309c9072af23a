"""The subjects we are compared with, each as its own documentation starts it."""
