"""Look for what spoils a training before an epoch is spent on it: in data sets, models, folders and runs."""

from .check import check, check_folder, check_run
from .finding import Finding

__all__ = ["Finding", "check", "check_folder", "check_run"]
