"""Simulated vendors' devices, well-behaved and faulty, with which the kit itself is tried."""
