"""How people log in at a process's own pages: passwords, logins, sessions, and what a request has to bring.

The hub and every subsystem use the same.
"""
