"""A plan carried out: stages, turns and limits, and the one gate that every change of a host or the cluster passes."""
