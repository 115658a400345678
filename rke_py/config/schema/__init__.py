"""One model per map of cluster.yml, keys spelled as in the file."""

from rke_py.config.schema.cluster import ClusterConfig

__all__ = ["ClusterConfig"]
