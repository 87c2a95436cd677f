"""The few words that a preview may say of its own, per language; none of them claims anything."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """One language's stock of words; `{}` stands for a title, a maker or a price."""

    meet: str
    maker: str
    cost: str
    neutral: tuple[str, ...]
    shop: str
    details: str
    in_stock: str


WORDINGS: dict[str, Wording] = {
    "en": Wording(
        "Meet the {}", "From {}", "Yours for {}",
        ("Take a closer look", "See it in detail", "All at a glance", "Get to know it",
         "Have a look", "Find out more", "See for yourself", "Discover it", "Up close",
         "Here it is"),
        "Shop now", "See details", "In stock",
    ),
    "de": Wording(
        "Im Blick: {}", "Von {}", "Für {}",
        ("Genauer hinsehen", "Alle Details", "Auf einen Blick", "Jetzt kennenlernen",
         "Jetzt entdecken", "Mehr erfahren", "Selbst ansehen", "Näher betrachtet", "Ganz nah",
         "Hier ist es"),
        "Jetzt ansehen", "Details ansehen", "Auf Lager",
    ),
    "fr": Wording(
        "Découvrez {}", "Signé {}", "À {}",
        ("Regardez de plus près", "Tous les détails", "En un coup d’œil", "Faites connaissance",
         "À découvrir", "En savoir plus", "Voyez par vous-même", "Jetez un œil", "De tout près",
         "À voir"),
        "Voir le produit", "Voir les détails", "En stock",
    ),
    "es": Wording(
        "Descubre {}", "De {}", "Por {}",
        ("Míralo de cerca", "Todos los detalles", "De un vistazo", "Conócelo mejor",
         "Por descubrir", "Más información", "Compruébalo tú", "Échale un vistazo",
         "Muy de cerca", "Aquí está"),
        "Ver producto", "Ver detalles", "Disponible",
    ),
    "it": Wording(
        "Scopri {}", "Di {}", "A {}",
        ("Guarda da vicino", "Tutti i dettagli", "A colpo d’occhio", "Da conoscere",
         "Da scoprire", "Scopri di più", "Guarda tu stesso", "Dai un’occhiata", "Da vicino",
         "Da vedere"),
        "Vai al prodotto", "Vedi i dettagli", "Disponibile",
    ),
    "nl": Wording(
        "Ontdek {}", "Van {}", "Voor {}",
        ("Kijk van dichtbij", "Alle details", "In één oogopslag", "Maak kennis",
         "Om te ontdekken", "Meer weten", "Bekijk het zelf", "Neem een kijkje",
         "Van heel dichtbij", "Hier is het"),
        "Bekijk nu", "Bekijk details", "Op voorraad",
    ),
}  # fmt: skip

# Words that narrow or deny what is said; a part of a sentence must not be quoted without them.
LIMITING = frozenset(
    """
    not no only never without unless if except optional optionally sold separately excluding but
    nicht nur nie kein keine ohne wenn falls außer optional separat zzgl aber
    pas ne seulement jamais sans si sauf uniquement aucun hors mais
    solo sólo nunca sin excepto salvo ningún pero
    non soltanto mai senza se eccetto tranne ma
    niet alleen nooit geen zonder als behalve exclusief maar
    """.split()
)

BEGINS_NOTHING = frozenset(
    """
    and or but nor than und oder aber als sowie et ou mais y e o pero ed ma en of maar
    which that who die der das welche qui que dont che cui dat
    """.split()
)

# What a phrase is about, told by single words of the six languages.
BENEFIT_CUES = frozenset(
    """
    you your keeps keep stays stay helps easy easily comfortable comfort enjoy effortless
    du dein deine deinen ihr ihre ihren hält bleibt leicht bequem einfach genießen
    vous votre vos garde facile confort confortable profitez
    tú tu tus su sus mantiene fácil cómodo comodidad disfruta
    tuo tua tuoi mantiene facile comodo comfort goditi
    je jouw uw houdt blijft makkelijk comfortabel geniet
    """.split()
)
OCCASION_CUES = frozenset(
    """
    day days morning mornings evening evenings night weekend weekends summer winter spring autumn
    travel trip trips office home kitchen garden gift party outdoor outdoors camping city commute
    tag tage alltag morgen abend abende wochenende sommer reise reisen büro zuhause küche garten
    geschenk unterwegs stadt jour jours matin soir été hiver voyage voyages bureau maison cuisine
    jardin cadeau ville día días mañana noche verano invierno viaje viajes oficina casa cocina
    jardín regalo ciudad giorno mattina sera estate inverno viaggio ufficio cucina giardino città
    dag ochtend avond weekend zomer reis kantoor huis thuis keuken tuin cadeau stad
    """.split()
)
