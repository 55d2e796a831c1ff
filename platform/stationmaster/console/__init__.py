"""The operator's console: pages on the hub's face that use nothing but the hub's web API."""
