"""Tax lots: exact matching of what left with what had come, under every method, with no database."""
