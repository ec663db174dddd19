"""A centre as YAML: applied to a running service, and exported from one."""
