"""The lab: real hosts with Docker, containerd and SSH, as containers on one machine.

Runs with Python 3.11 and its standard library alone, before the project's environment exists.
``python3 -m vagrant.lab --help`` or ``vagrant/lab/lab --help``; vagrant/README.md says how it works.
"""
