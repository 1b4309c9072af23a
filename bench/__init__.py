"""Measured claims. The application never imports this package."""
