"""What happens, as it happens, for whoever follows it."""
