"""Looking ahead: what the dispatcher knows beyond this moment, learned from events and kept in the store."""
