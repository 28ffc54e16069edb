"""The door: command line, HTTP service and settings; the only room that meets a user."""
