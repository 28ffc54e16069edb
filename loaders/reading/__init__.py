"""From files, folders and zips to rows of cells, and from cells to values."""
