"""The plans of a restore: a snapshot in, the old data back, and what follows once an API server answers."""
