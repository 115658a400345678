"""Add-ons in the cluster: applied, compared, pruned, waited for."""
