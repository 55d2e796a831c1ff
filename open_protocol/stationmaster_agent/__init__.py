"""What a subsystem is built on: hub client, replica, executor, embedded kernel, autonomy."""
