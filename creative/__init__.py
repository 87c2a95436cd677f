"""A product and a picture → background, prefill, overlay. Knows no Prefect and no database."""
