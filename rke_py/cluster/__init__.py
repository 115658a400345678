"""A cluster with every default filled in and every reference resolved: config and catalog in, ``Cluster`` out."""
