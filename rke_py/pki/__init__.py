"""Certificates: a table of what there is, and pure functions that issue, compare and write them."""
