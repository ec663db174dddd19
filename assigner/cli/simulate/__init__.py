"""The command that tries policies on a centre in simulated time."""
