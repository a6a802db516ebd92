"""Files that people have, read into rows of one shape: one module a format. Nothing here knows the database."""
