"""Measurements, each against a peer or a limit, in one run."""
