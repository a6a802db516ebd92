"""Arithmetic of portfolios: no database, no clock."""
