"""From a product and a picture to a background, a prefill and an overlay. Knows no Prefect and no database."""
