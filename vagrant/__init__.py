"""Machines to try rke-py on: hosts as containers (lab) and virtual machines (Vagrantfile)."""
