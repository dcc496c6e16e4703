"""A convolutional network that can be read, proved, timed and put to work."""
