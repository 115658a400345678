"""One file a stage: who goes when, how many at once, and what a failure means."""
