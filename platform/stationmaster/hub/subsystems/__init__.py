"""What the hub knows of subsystems and their devices: what they have, show, and are told to do."""
