"""Pure optimisation: integers in, integers out. Knows no task, agent, store or service."""
