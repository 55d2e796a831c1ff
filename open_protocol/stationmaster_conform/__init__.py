"""The conformance kit: plays a hub to a client or a client to a hub, and says what the document says of what came."""
