"""What coordinators decide by hand, over HTTP."""
