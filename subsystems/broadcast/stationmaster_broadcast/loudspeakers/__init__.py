"""Where zones are heard: sound cards, streams, folders, chips, and the amplifiers that feed them."""
