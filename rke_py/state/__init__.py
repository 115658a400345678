"""The cluster's memory: typed values, and the text of cluster.rkestate; no file is touched here."""
