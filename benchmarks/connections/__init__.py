"""``python -m benchmarks.connections``: many real SSH connections at once, to one sshd of its own on the loopback."""
