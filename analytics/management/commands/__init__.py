"""The commands of analytics: the night by hand, the demo, and the server of one machine."""
