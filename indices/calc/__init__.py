"""Pure numerics of index methodology: no database, no clock, no randomness."""
