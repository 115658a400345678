"""What a Kubernetes version implies: images, flags, versions of etcd and add-ons; a version in, a ``Release`` out."""
