"""The Twisted side of the foundation: timers in station time, pages, event streams and the life of a process."""
