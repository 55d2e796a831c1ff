"""The hub as server of the open protocol: who comes in, how he proves who he is, and what he may do."""
