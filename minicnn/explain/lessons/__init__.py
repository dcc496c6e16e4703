"""Small examples in the terminal: the course's, step by step, and sizes worked out."""
