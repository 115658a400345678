"""One file a component: a ``Cluster`` and a ``Host`` in, the ``ContainerSpec`` that is wanted there out."""
