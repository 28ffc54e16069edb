"""Where the facts are kept: one contract, one file a back end."""
