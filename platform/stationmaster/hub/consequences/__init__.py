"""What acts would do, what was told before they were done, and what is to be said because of them."""
