"""Words from a product's own data, and what words claim of it."""
