"""What a coordinator asks of a running service, in plain words: tasks, why, override, overrides."""
