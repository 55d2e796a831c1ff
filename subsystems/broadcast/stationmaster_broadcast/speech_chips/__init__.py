"""Chips that speak by themselves, over serial lines: frames, sessions, and the loudspeaker that each of them is."""
