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

# What a shop says of itself and its page, not of the product.
BOILERPLATE = re.compile(
    r"\b(?:shipping|ships|delivery|deliver(?:s|ed)? (?:in|within|to)|dispatch\w*|returns?\b(?! to)"
    r"|refunds?|cookies?|click|tap here|newsletter|subscribe|sign up|copyright|rights reserved"
    r"|terms (?:and|&) conditions|privacy|add to (?:cart|bag|basket)|checkout|customer (?:service"
    r"|care|support)|contact us|read more|learn more|see (?:photos?|pictures?|images?)|sku|ean|gtin"
    r"|asin|item (?:no|number)|model (?:no|number)|our (?:shop|store)|trademarks?|disclaimer"
    r"|may (?:vary|differ)|illustration|javascript|in stock|out of stock|payments?|paypal|klarna"
    r"|versand\w*|liefer(?:ung|zeit|bar|ungen|kosten)|lieferung|rückgabe\w*|widerruf\w*|zzgl"
    r"|mwst|agb|impressum|datenschutz\w*|hier klicken|klicken|warenkorb|kundenservice|artikel-?nr"
    r"|artikelnummer|abbildung\w*|urheberrecht\w*|rücksendung\w*|retoure\w*|zahlung\w*|auf lager"
    r"|garantie|gewährleistung|warranty|garantía|garanzia"
    r"|livraison\w*|expédi\w*|retours?|remboursement\w*|cliquez|panier|service client|cgv"
    r"|droits réservés|mentions légales|paiement\w*|en stock|référence"
    r"|envíos?|entrega|devoluci\w*|reembolso\w*|haz clic|carrito|atención al cliente"
    r"|derechos reservados|pago|referencia"
    r"|spedizion\w*|consegna|reso|resi|rimborso\w*|clicca\w*|carrello|servizio clienti"
    r"|diritti riservati|pagamento|codice articolo"
    r"|verzending\w*|verzend\w*|bezorg\w*|levering|levertijd|retour\w*|terugbetaling|klik"
    r"|winkelwagen\w*|klantenservice|rechten voorbehouden|betaling|artikelnummer"
    r"|wysyłk\w*|dostaw\w*|zwrot\w*|kliknij|koszyk\w*)\b|[©®]\s*\d{4}|©|配送|送料|返品|شحن|توصيل|إرجاع",
    re.I,
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
