"""Where tasks, agents, offers and queues live: one Store of verbs, in memory or in Redis."""
