"""Pure numerics of risk and performance: no database, no clock, no randomness."""
