"""From a snapshot to a decision, and to the reasons for it: one path for every caller."""
