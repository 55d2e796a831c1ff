"""What speaks: texts become the words of an announcer, and these become sound."""
