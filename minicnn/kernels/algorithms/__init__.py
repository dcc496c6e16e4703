"""How sums of products are arranged on a processor."""
