"""The database's history: Alembic brings any earlier schema to the present one when a hub starts."""
