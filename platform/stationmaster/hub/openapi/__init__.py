"""The description of the web API: tables of operations, who may, and the shapes of what is told and taken."""
