"""What passengers see: boards, drawn from layouts that are data."""
