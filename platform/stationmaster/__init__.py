"""Stationmaster: a station as data, the hub, its console, and the commands."""
