"""What cannot wait: emergencies, microphones, fire panels, and the hands of people."""
