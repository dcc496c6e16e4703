"""The command `minicnn`: one file a command."""
