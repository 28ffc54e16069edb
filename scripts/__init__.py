"""What the Makefile runs. Nothing in the rooms imports it."""
