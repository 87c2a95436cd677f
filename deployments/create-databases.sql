-- Run once, by the first start of the Postgres of compose.yaml, which makes the project's own database.
CREATE DATABASE prefect;
