"""Exchanges that are read with a key: one module an exchange. What they give is a file like those that people bring."""
