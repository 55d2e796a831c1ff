"""What passengers ask: a kiosk that finds trains by number, place and time."""
