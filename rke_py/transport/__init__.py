"""One SSH connection a host, and everything that travels on it."""
