"""The world outside the station: a dispatching database that lives through days, and a serial line."""
