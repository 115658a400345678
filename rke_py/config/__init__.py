"""cluster.yml as typed values: ``load.load`` turns its text into a ``schema.ClusterConfig`` or lists every fault."""
