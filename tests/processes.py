"""How long a test waits for a process or a thread that it started."""

# Seconds. It ends what hangs and nothing else: beside other work, a process may take twenty times its usual time.
PATIENCE = 3600
