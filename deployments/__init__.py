"""What a Prefect server needs before it can run the project."""
