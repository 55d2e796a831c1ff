"""The track plan: a drawing of the station's tracks and platforms, and the trains on it, minute by minute."""
