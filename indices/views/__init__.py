"""Public pages of indices, one module a kind of page."""
