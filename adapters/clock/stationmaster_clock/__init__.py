"""Masters of time: NMEA-0183, NTP, holdover. The place is kept; station time is the machine's clock until they come."""
