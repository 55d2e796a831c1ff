"""What passengers hear: announcements, spoken per zone, with proof of play."""
