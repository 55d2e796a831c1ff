"""What comes to the hub from outside without being asked: reports of trains, and the time."""
