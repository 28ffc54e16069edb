"""The engine: what a scenario does to a compiled chain."""
