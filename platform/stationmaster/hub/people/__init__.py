"""People at the hub: who they are, what they may, and how they show it."""
