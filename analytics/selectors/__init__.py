"""Reads of the night's inputs and of what it computed."""
