"""The web API over the day: reading acts, answering, telling what changes, and doing nothing twice."""
