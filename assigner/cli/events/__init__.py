"""The command that follows what happens."""
