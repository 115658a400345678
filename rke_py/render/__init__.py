"""Text from templates: manifests of add-ons and configuration of nodes, a ``Cluster`` in, text or objects out."""
