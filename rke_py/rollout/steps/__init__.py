"""How each kind of step is done, proved and undone: one file a kind, none of which calls another."""
