"""Processes of their own, which the files of benchmarks/ start: each measures one engine, or serves one."""
