"""``python -m benchmarks.snapshots``: saving and restoring etcd on three hosts of the lab, small and large."""
