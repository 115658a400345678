"""The API server and etcd of a cluster, reached through its hosts' SSH connections."""
