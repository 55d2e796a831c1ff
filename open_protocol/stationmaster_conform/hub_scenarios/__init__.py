"""What the kit puts a hub through, one module a family."""
