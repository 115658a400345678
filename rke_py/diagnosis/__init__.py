"""What is wrong with a cluster and why: pure, from what one look saw."""
