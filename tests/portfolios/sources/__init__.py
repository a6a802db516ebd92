"""Exchanges on loopback, in their documented shapes."""
