"""Turns machines with Docker and SSH into a Kubernetes cluster from one cluster.yml, and keeps it healthy."""

__version__ = "0.1.0"
