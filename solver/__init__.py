"""Pure optimisation: arrays of integers in and out. Tasks and agents are indices; nothing else is known."""
