"""Alarms: what is wrong now, what people have done about it, and what was wrong before."""
