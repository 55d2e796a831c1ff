"""What the hub keeps on disk: journal, checkpoints and state in a database, and what is made of them."""
