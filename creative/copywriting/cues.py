"""Single words that tell what a phrase is about, and whether it may be quoted at all."""

import re

# Words that narrow or deny what is said; a part of a sentence must not be quoted without them.
LIMITING = frozenset(
    """
    not no only never without unless if except optional optionally sold separately excluding but
    nicht nur nie kein keine ohne wenn falls außer optional separat zzgl aber
    pas ne seulement jamais sans si sauf uniquement aucun hors mais
    solo sólo nunca sin excepto salvo ningún pero
    non soltanto mai senza se eccetto tranne ma
    niet alleen nooit geen zonder als behalve exclusief maar
    nie bez tylko nigdy oprócz ale jeśli não sem só apenas nunca exceto mas se
    inte utan endast bara aldrig utom men om ikke uden kun aldrig undtagen men hvis
    """.split()
)

# The like in languages whose words are not told apart here.
DENIAL = re.compile(
    r"ません|ない|不|未|無|않|없|\b(?:لا|غير|ليس|بدون|не|нет|без|δεν|χωρίς|değil|ei|ilman|nem|nélkül|ne)\b"
)

# A part of a sentence that begins with one of these leans on what stood before it.
BEGINS_NOTHING = frozenset(
    """
    and or but nor than of by to as at on so then also plus because while when where until too
    with within including such like made using via per which that who whose it its they their
    this these is are was were has have can will and/or not
    und oder aber als sowie von mit zu zum zur weil wenn wo damit dass dazu auch sodass bzw inkl
    welche welcher welches dessen deren er sie es ist sind wird werden hat haben kann
    et ou mais de du des d avec par qui que dont où il elle ils elles est sont a ont ainsi ce cette
    y e o pero con que cuyo donde es son está están tiene también así
    ed ma con di da che cui dove è sono ha hanno anche così del della dei
    en of maar met van die dat waar wat het is zijn heeft hebben ook zodat
    i oraz z ze który która które jest są och med som är og med som er
    """.split()
)

# Nothing ends with one of these but a part of something longer.
ENDS_NOTHING = frozenset(
    """
    is are was were be been has have can will may must its their our every each no not more less
    very too than which who up to approx about between over under per only
    ist sind wird werden hat haben kann sein wurde ca etwa sehr mehr sowie jede jeder jedes
    est sont a ont peut très plus sans sous entre environ
    es son está tiene puede muy más sin entre hasta
    è sono ha hanno può molto più senza tra fino
    is zijn heeft hebben kan zeer meer zonder tussen circa
    """.split()
)

AND = frozenset("and und et y e en i och og".split())

# What a shop says of itself and its page, not of the product: words, and how others begin.
BOILERPLATE = frozenset(
    """
    shipping ships shipped delivery delivered dispatch dispatched return returns refund refunds
    cookie cookies click newsletter subscribe copyright reserved privacy checkout javascript sku
    ean gtin asin trademark trademarks disclaimer illustration payment payments paypal klarna faq
    warranty stock tap please photos feedback seller
    bitte siehe veuillez mannequin
    lieferung lieferzeit lieferbar zzgl mwst agb impressum klicken klick warenkorb kundenservice
    artikelnummer garantie gewährleistung lager
    livraison retour retours cliquez panier cgv garantie référence
    envío envíos entrega reembolso carrito pago referencia garantía
    spedizione consegna reso resi rimborso carrello pagamento garanzia
    levering levertijd terugbetaling klik klantenservice betaling
    kliknij wysyłka dostawa gwarancja entrega devolução frete leverans frakt levering fragt
    """.split()
)
BOILERPLATE_STEMS = (
    "versand", "rückgabe", "widerruf", "datenschutz", "abbildung", "urheberrecht", "rücksend",
    "retour", "zahlung", "expédi", "rembours", "paiement", "devoluci", "spedi", "clicca", "verzend",
    "bezorg", "winkelwagen", "zwrot", "wysył", "koszyk", "dostaw",
)  # fmt: skip
BOILERPLATE_PHRASES = re.compile(
    r"©|terms (?:and|&) conditions|sign up|add to (?:cart|bag|basket)|contact us|read more"
    r"|learn more|(?:item|model|artikel|art\.?)[ -]?(?:no|nr|number)\b|customer (?:service|care)"
    r"|customer support|size chart|best before|see pack|money.back|our store|may (?:vary|differ)"
    r"|machine wash|hand wash|wash cold|store in|keep out of|tumble dry"
    r"|model (?:is|ist|wears|trägt)|schonwäsche|kühl und trocken|hier klicken"
    r"|conserver (?:au|dans)|service client|mentions légales|conservar en|haz clic"
    r"|atención al cliente|conservare in|servizio clienti|codice articolo"
    r"|bewaren op|rechten voorbehouden|配送|送料|返品|شحن|توصيل|إرجاع"
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
