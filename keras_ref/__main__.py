"""`python -m keras_ref`."""

import sys

from .commands import main

sys.exit(main())
