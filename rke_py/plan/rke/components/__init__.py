"""One file a container of RKE's: a ``Place`` in, the ``ContainerSpec`` that RKE would make there out."""
