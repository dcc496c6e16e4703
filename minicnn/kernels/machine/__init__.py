"""What a processor is, and how kernels are compiled, shared out and kept."""
