"""What the kit puts a vendor's client through, one module a family."""
