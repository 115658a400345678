"""Makes what the documents repeat from the code: ``make docs``. A test compares, so they cannot drift apart."""
