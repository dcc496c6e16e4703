"""What `python -m benchmarks` runs."""

import sys

from .cli import main

sys.exit(main())
