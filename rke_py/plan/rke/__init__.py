"""The hosts of RKE's own releases: containers exactly as RKE 1.7 makes them, argument by argument."""
