"""``python -m benchmarks.cluster``: ``rke-py up`` on the lab's hosts, beside the same four hosts made by hand."""
