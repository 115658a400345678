"""What only RKE's own releases have: the settings behind their containers, resolved to RKE's defaults."""
