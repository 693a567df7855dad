"""The content of a part's ZIP: which files it has, in which order, and what is said of those that it has not."""
