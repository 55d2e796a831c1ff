"""What the hub's pages show of subsystems that only these have: sounds, and pictures of boards."""
