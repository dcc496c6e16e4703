"""`python -m minicnn` is the command `minicnn`."""

import sys

from .app.cli import main

sys.exit(main())
