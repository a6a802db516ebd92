"""Template filters of analytics."""
