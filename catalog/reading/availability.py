"""Whether a product can be had, in one vocabulary for all that shops write."""

_KNOWN = {
    "instock": "in_stock", "available": "in_stock", "onlineonly": "in_stock", "true": "in_stock",
    "limitedavailability": "in_stock", "instoreonly": "in_stock", "availablefororder": "in_stock",
    "outofstock": "out_of_stock", "oos": "out_of_stock", "soldout": "out_of_stock",
    "unavailable": "out_of_stock", "notavailable": "out_of_stock", "reserved": "out_of_stock",
    "preorder": "preorder", "presale": "preorder", "pending": "preorder",
    "backorder": "backorder", "madetoorder": "backorder", "discontinued": "discontinued",
}  # fmt: skip


def read_availability(written: str | None) -> str | None:
    """One of in_stock, out_of_stock, preorder, backorder, discontinued; None when it is none.

    Known are the names of https://schema.org/ItemAvailability, of OpenGraph and of data-vocabulary.
    """
    if not written:
        return None
    name = written.rstrip("/").rsplit("/", 1)[-1].rsplit("#", 1)[-1].lower()
    return _KNOWN.get("".join(sign for sign in name if sign.isalpha()))
