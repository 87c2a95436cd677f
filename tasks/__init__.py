"""The edges to Prefect: retries, timeouts, the rate limit, and one call inward each."""
