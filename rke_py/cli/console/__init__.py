"""How events reach the operator: a live table, plain lines, JSON lines, and the log file beside each of them."""
