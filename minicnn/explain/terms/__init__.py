"""One number taken apart: which terms made it, forward and backward."""
