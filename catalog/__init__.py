"""From a product page to a product with ranked pictures. Knows no Prefect and no database."""
