"""The records in Postgres: models, sessions, and one file of queries per noun."""
