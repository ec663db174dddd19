"""Who gets in, and what each may do."""
