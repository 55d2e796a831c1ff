"""The model of a station's day and the train-operation kernel: pure, deterministic, without I/O and without a clock."""
