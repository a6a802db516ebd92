"""Pure numerics on prices: arrays in, arrays out."""
