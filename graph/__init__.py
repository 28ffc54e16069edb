"""The chain, and what a failure does to it."""
