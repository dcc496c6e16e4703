"""`python -m minicnn` is the command `minicnn`."""

import sys

from .app import main

sys.exit(main())
