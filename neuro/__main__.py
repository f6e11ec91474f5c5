"""``python -m neuro``: the command line."""

import sys

from neuro.frontends.main import main

if __name__ == "__main__":
    sys.exit(main())
