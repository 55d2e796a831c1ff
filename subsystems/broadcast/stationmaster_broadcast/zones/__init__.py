"""What is said in which zone at which second: queues, turns, interruptions, holds, and the record of play."""
