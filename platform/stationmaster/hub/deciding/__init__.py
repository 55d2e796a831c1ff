"""What waits for a person's decision, and for how long it may."""
