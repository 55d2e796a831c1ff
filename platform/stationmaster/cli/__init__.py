"""The commands, the demo and its supervisor. Components are imported only when their command is called."""
