"""One command a module, under the name ``command``: flags in, a workflow called, its answer printed."""
