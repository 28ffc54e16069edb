"""The paths of the HTTP service, one file a group."""
