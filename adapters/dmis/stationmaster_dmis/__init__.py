"""Receives the one-way line: telegrams become news of calls and a grade of how far the feed can be relied on."""
