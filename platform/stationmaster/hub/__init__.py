"""The hub: one pipeline that makes inputs into committed, published changes, and what people and programs see of it."""
