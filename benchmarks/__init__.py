"""Programs that measure; ``make bench`` runs all, ``python -m benchmarks.start`` one of them.

Each prints a table and keeps it as data in ``results/``, with commit, date and machine, for
``docs/explanation/performance.md``. None is a test: a time that misses its target is a figure to read, not a failure.
"""
