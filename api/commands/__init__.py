"""The commands of `knockon`, one file a group; each hands its group to api/application.py."""
