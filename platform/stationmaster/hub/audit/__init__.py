"""The log of everything that was done, and what must be held apart so that it can be believed."""
