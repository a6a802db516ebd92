"""Lots, gains and income of portfolios through the database; the arithmetic of the engine is tested beside it."""
