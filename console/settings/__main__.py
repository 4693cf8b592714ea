"""`python -m console.settings`: see `command.py`."""

import sys

from console.settings.command import main

sys.exit(main(sys.argv[1:], sys.stdout, sys.stderr))
