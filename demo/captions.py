"""Captions as shop titles are written: nouns, colours, brands, materials, two languages."""

import numpy as np

Label = tuple[str, str | None]

NOUNS: dict[str, tuple[str, ...]] = {
    "mug": (
        "mug",
        "coffee mug",
        "stoneware mug",
        "cup",
        "coffee cup",
        "tea mug",
        "Becher",
        "Kaffeetasse",
        "Tasse",
        "Kaffeebecher",
    ),
    "kettle": (
        "kettle",
        "pour-over kettle",
        "gooseneck kettle",
        "pour over kettle",
        "tea kettle",
        "coffee kettle",
        "Wasserkessel",
        "Teekessel",
        "Kessel",
        "swan neck kettle",
    ),
    "lamp": (
        "lamp",
        "table lamp",
        "desk lamp",
        "bedside lamp",
        "mushroom lamp",
        "reading lamp",
        "light",
        "Tischlampe",
        "Lampe",
        "Tischleuchte",
        "Leuchte",
    ),
    "armchair": (
        "armchair",
        "chair",
        "lounge chair",
        "accent chair",
        "reading chair",
        "Sessel",
        "easy chair",
        "club chair",
        "Polstersessel",
        "Lesesessel",
        "Ohrensessel",
    ),
    "backpack": (
        "backpack",
        "rucksack",
        "day pack",
        "daypack",
        "bag",
        "school backpack",
        "canvas backpack",
        "Rucksack",
        "laptop backpack",
        "Tagesrucksack",
    ),
    "sneaker": (
        "sneaker",
        "sneakers",
        "running shoe",
        "running shoes",
        "shoe",
        "shoes",
        "trainer",
        "trainers",
        "Turnschuh",
        "Laufschuh",
        "Schuhe",
        "Sneaker",
    ),
    "headphones": (
        "headphones",
        "over-ear headphones",
        "wireless headphones",
        "headset",
        "noise-cancelling headphones",
        "Kopfhörer",
        "bluetooth headphones",
    ),
    "wristwatch": (
        "wristwatch",
        "watch",
        "wrist watch",
        "dress watch",
        "automatic watch",
        "field watch",
        "Armbanduhr",
        "Uhr",
        "leather watch",
    ),
    "bottle": (
        "bottle",
        "water bottle",
        "insulated bottle",
        "drinking bottle",
        "thermos bottle",
        "flask",
        "vacuum bottle",
        "Trinkflasche",
        "Flasche",
        "Thermosflasche",
    ),
    "camera": (
        "camera",
        "film camera",
        "viewfinder camera",
        "photo camera",
        "rangefinder camera",
        "compact camera",
        "instant camera",
        "Kamera",
        "Fotokamera",
        "35mm camera",
    ),
}
HUES: dict[str, tuple[str, ...]] = {
    "red": ("red", "terracotta", "brick red", "crimson", "rot", "terracotta red", "scarlet"),
    "orange": ("orange", "tangerine", "burnt orange", "apricot orange", "amber orange"),
    "yellow": ("yellow", "mustard", "mustard yellow", "gelb", "sun yellow", "senfgelb", "saffron"),
    "green": ("green", "forest green", "forest", "moss green", "grün", "dunkelgrün", "pine green"),
    "teal": ("teal", "petrol", "turquoise", "sea teal", "türkis", "lagoon teal"),
    "blue": ("blue", "navy", "navy blue", "cobalt", "blau", "ink blue", "ocean blue"),
    "purple": ("purple", "plum", "violet", "aubergine", "lila", "plum purple", "violett"),
    "pink": ("pink", "rose", "blush pink", "rose pink", "rosa", "dusty rose", "blush"),
    "grey": ("grey", "charcoal", "gray", "graphite", "slate grey", "grau", "charcoal grey"),
    "brown": ("brown", "chestnut", "chocolate brown", "tobacco", "braun", "cocoa brown", "cognac"),
}
DECOY_CAPTIONS: dict[str, tuple[str, ...]] = {
    "logo": ("the logo of a shop", "a logo", "a shop's wordmark", "brand logo on a plain ground"),
    "payment_badges": ("payment badges", "a row of payment badges", "accepted cards and payments"),
    "size_chart": ("a size chart", "a table of sizes", "a table of numbers", "size guide in cm"),
    "shipping_banner": ("a shipping banner", "free shipping banner", "a banner about delivery"),
}
_TEMPLATES = (
    "a photo of {name}",
    "a photo of {name} by {noise}",
    "a photo of {noise} {name} by {noise}",
    "a photo of a {name}",
    "{noise} {name}",
    "{name}",
    "a picture of {name}, by {noise}",
    "a photo of {noise} {name}",
    "a photo of {noise} {noise} {name}, {noise}",
    "a photo of the {noise} {name} by {noise} {noise}",
    "a photo of {name} - {noise} {noise}",
    "product photo of {noise} {name}",
    "a photo of {noise} {name} {noise} by {noise}",
)
_COLORED = (
    "{hue} {noun}",
    "{noun} in {hue}",
    "{noun}, {hue}",
    "{noun} {hue}",
    "{hue} {noise} {noun}",
    "{noun} {noise} in {hue}",
    "{noun}, {noise}, {hue}",
)
_MATERIALS = (
    "stoneware",
    "ceramic",
    "leather",
    "steel",
    "brass",
    "canvas",
    "wool",
    "oak",
    "handmade",
    "wireless",
    "waxed cotton",
    "1.0 l",
    "350 ml",
    "24 l",
    "No. 4",
    "mk II",
    "classic",
    "premium",
    "recycled",
    "insulated",
    "aus",
    "mit",
    "with",
    "and",
    "for",
    "new",
    "set",
    "limited edition",
)


class CaptionWriter:
    """Writes captions; `vocabulary` are words that mean nothing, which stand for brand names."""

    def __init__(self, vocabulary: list[str], seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        told = " ".join(word for words in (*NOUNS.values(), *HUES.values()) for word in words)
        self._known = set(told.lower().replace("-", " ").split())
        self._vocabulary = [word for word in vocabulary if word not in self._known]

    def product(self, kind: str, color: str | None) -> str:
        """A caption of such a product; without a colour it names none."""
        noun = self._one(NOUNS[kind]) if self._rng.random() < 0.6 else NOUNS[kind][0]
        name = noun
        if color is not None:
            hue = self._one(HUES[color]) if self._rng.random() < 0.6 else color
            name = self._one(_COLORED).replace("{hue}", hue).replace("{noun}", noun)
        return self._filled(self._one(_TEMPLATES).replace("{name}", name))

    def decoy(self, kind: str) -> str:
        """A caption of a picture that shows no product."""
        caption = self._one(DECOY_CAPTIONS[kind])
        return caption if self._rng.random() < 0.6 else f"{caption} of {self._noise()}"

    def _filled(self, text: str) -> str:
        while "{noise}" in text:
            text = text.replace("{noise}", self._noise(), 1)
        return text

    def _noise(self) -> str:
        if self._rng.random() < 0.3:
            return self._one(_MATERIALS)
        word = self._vocabulary[int(self._rng.integers(len(self._vocabulary)))]
        return word.title() if self._rng.random() < 0.7 else word

    def _one(self, options: tuple[str, ...]) -> str:
        return options[int(self._rng.integers(len(options)))]
