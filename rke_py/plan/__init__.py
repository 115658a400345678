"""What would change: (cluster, state, observed) in, ordered steps out; no I/O, no clock."""
