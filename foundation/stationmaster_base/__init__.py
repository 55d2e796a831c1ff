"""What everything stands on: errors, station time, configuration, logging, health. No Twisted here."""
