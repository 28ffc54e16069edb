"""The loaders' room: files that people bring become facts of the chain."""
