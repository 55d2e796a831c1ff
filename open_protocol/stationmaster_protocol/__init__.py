"""The open protocol: messages, schema, codec, sessions without a socket, and thin Twisted shells."""
