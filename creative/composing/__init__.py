"""Backgrounds composed from a product's own picture: found, cut out, staged or framed."""
