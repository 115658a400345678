"""Lets ``python -m rke_py`` be the command line."""

from rke_py.cli import main

if __name__ == "__main__":
    main()
