"""One look at hosts, etcd and the API server; nothing is changed."""
