"""Turns machines with Docker and SSH into a Kubernetes cluster from one cluster.yml, and keeps it healthy."""
