"""The plan desk: the station's files as drafts, checked, previewed, applied as one, and put back."""
