"""The one-way gateway: reads the dispatching database and transmits what it says down a line that carries nothing back.

An appliance: no Twisted, nothing of the platform but its foundation and the telegrams. Three threads: the transmit
loop, which never waits on anything but the line; the reader of the database, which may; and the status page.
"""
