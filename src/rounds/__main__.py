"""`python -m rounds` is the command `rounds`."""

import sys

from rounds.cli import main

sys.exit(main())
