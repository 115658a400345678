"""What runs on a host inside the tools image."""
