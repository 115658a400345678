"""Which release of rke-py this is."""

__version__ = "0.1.0"
