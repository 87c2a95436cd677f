"""The words and class names by which shops tell one price from another, in many languages."""

import re

NAMES_A_PRICE = re.compile(
    r"pri[cs]e|prix|preis|precio|pre[cç]o|prezzo|prijs|cena|ceny|cen[ay]?\b|hinta|pris\b|pris[-_]|"
    r"amount|kaina|fiyat|harga|arvo|ár\b|\bar\b|kosten|cost\b|betrag|valor|ціна|цена|가격|価格|kakaku|jiage",
    re.IGNORECASE,
)
NOW = re.compile(
    r"sale|special|final|current|now|our|offer|promo|actual|deal|today|discounted|reduced|action|"
    r"aktuel|main|buy|pay|sell|neu\b|new|vente|precio[-_]?final|to[-_]?pay",
    re.IGNORECASE,
)
FORMER = re.compile(
    r"(?<![a-z])(old|was|strike|striked|strikethrough|crossed|list[-_]?price|listprice|msrp|rrp|uvp|pvp[-_]?r|"
    r"before|previous|original|orig|compare|statt|barr[eé]e?|rayad|tachado|antes|anterior|"
    r"regular[-_]?price[-_]?(old|strike)|line[-_]?through|non[-_]?sale|retail|market|de[-_]?price|"
    r"from[-_]?price[-_]?old|omnibus|lowest|historical|past|full[-_]?price|base[-_]?price|"
    r"suggested|recommended|staraja|staryj|puvodni|wasprice|oldprice|price[-_]?old|preis[-_]?alt|pseudo)",
    re.IGNORECASE,
)
NOT_THE_PRICE = re.compile(
    r"ship|deliver|versand|livrais|env[ií]o|frete|spedizion|doprava|dostav|unit[-_]?pri|per[-_]?unit|"
    r"price[-_]?per|grundpreis|base[-_]?unit|price[-_]?unit|measure|ppu|saving|save|youpay|"
    r"discount[-_]?(amount|value|percent)|rabatt|ersparnis|month|monthly|install?ment|finance|financ|"
    r"credit|klarna|afterpay|rate\b|raten|parcel|mensual|points|bonus|cashback|coupon|voucher|gift|"
    r"deposit|pfand|(ex|excl|excluding|exclude|without|netto?|no)[-_]?(tax|vat|btw)|"
    r"netto?[-_]?pri|price[-_]?net|tax[-_]?amount|(?<![a-z])olp|other[-_]?sellers|warranty|insurance|protection|member|club|loyal|"
    r"approx|convert|plus[-_]?price|staffel|tier|bulk|quantity[-_]?disc",
    re.IGNORECASE,
)
SELDOM_THE_PRICE = re.compile(
    r"total|subtotal|filter|range[-_]?slider|slider|addon|add-on|used|swatch|variation|option|"
    r"mini[-_]?cart|sticky",
    re.IGNORECASE,
)
SAID_FORMER = re.compile(
    r"(\b(was|rrp|msrp|list price|reg(ular)?\.?( price)?|original(ly)?( price)?|compare at|retail( price)?|before|"
    r"uvp|statt|unverb\w*|bisher|früher|vorher|alter preis|au lieu de|prix (de base|conseill\w*|barr\w*|public)|avant|"
    r"antes|precio (anterior|normal|original|de lista)|pvp\w*|de:?|prezzo (di listino|consigliato|precedente)|anziché|"
    r"invece di|adviesprijs|van|cena (regularna|katalogowa|przed)|najniższa cena|běžná cena|původní cena|původně|bežná cena|"
    r"ord\.?( pris)?|tidigare|före|førpris|før|veil\w*|ovh|normaalihinta|norm\w* cena|vecā cena|tavahind|pôvodná|"
    r"preț (vechi|recomandat)|prp|eredeti ár|lowest( price)?|niedrigster|30.tage.bestpreis|старая цена|цена до|стара ціна)\s*[:.]?"
    r"|定価|参考価格|希望小売価格|原價|原价|建議售價|市場價|市场价|정가|시중가)\s*[:：]?\s*\W{0,2}$",
    re.IGNORECASE,
)
SAID_OTHER = re.compile(
    r"(\b(save|you save|saving|off|shipping|delivery|postage|p&p|versand\w*|liefer\w*|sie sparen|ersparnis|spare|sparen|"
    r"livraison|économi\w*|frais de port|envío|gastos de envío|ahorra\w*|spedizione|risparmi\w*|verzend\w*|bespaar\w*|dostawa|"
    r"wysyłk\w*|oszczędz\w*|doprava|poštovné|ušetř\w*|ušetrí\w*|frakt|levering|spar(a|er)?|spara|toimitus\w*|"
    r"over|above|up to|upto|bis zu|fino a|hasta|jusqu[’']à|até|tot|do|approx(imately)?|circa|ca|≈|gift[- ]?wrap(ping)?|"
    r"geschenkverpackung|emballage cadeau|confezione regalo|versicherung( ab)?|insurance|finanzierung( ab)?|überführung|"
    r"from only|(neu|new|used|gebraucht|nuevos?|nuovi|neufs?|occasion)\W.{0,12}(ab|from|desde|da|à partir de)|phí vận chuyển|"
    r"free delivery \w*|fee|orders? (of|over)|ab einem|ab einem bestellwert von|dès|à partir de \d* ?achats?|minimum|over orders|"
    r"per month|monthly|mtl\.?|monatlich|month(s)? (of|at)|payments? of|instal\w* of|(\d+)\s*x\s*(de|of)?|rate[ns]?( ab)?|"
    r"excl\.?( vat| tax| btw| mwst)?|ex\.? vat|netto|net price|ht|sin iva|bez dph|bez pdv|ex tax|ohne mwst\.?|"
    r"deposit|pfand|kaution|points?|gift card|voucher|coupon|cashback|bonus|per unit|unit price|grundpreis|"
    r"member\w*( price)?|mitglieder\w*|clubpreis|abonn\w+|subscribe\w*( & save| and save)?|with prime|starting bid|shipping:|доставка|экономия|скидка|без ндс)\s*[:.]?"
    r"|会員(様)?(限定)?(特別)?(価格)?|會員價?|会员价?|회원가|運費|送料|배송비|택배배송|적립금?|节省|省|全場滿|滿)\s*[:：]?\s*\W{0,2}$",
    re.IGNORECASE,
)
SAID_NOW = re.compile(
    r"(\b(now|price|our price|sale( price)?|special( price)?|today|only|deal( price)?|buy it now|preis|jetzt|nur|unser preis|aktionspreis|"
    r"prix|maintenant|precio|ahora|por:?|prezzo|ora|prijs|nu|voor|cena|teraz|nyní|nyt|pris|hinta|preț|ár|цена|ціна|fiyat|harga)\s*[:.]?"
    r"|価格|售價|售价|販売価格|판매가|特價)\s*[:：]?\s*\W{0,2}$",
    re.IGNORECASE,
)
BY_MEASURE = re.compile(
    r"^\s*[)\]*]*\s*((/|per|pro|por|par|je|za|al|the|à|\()\s*)?(\(?\s*(/|per|pro|je|par|por|за|za)?\s*"
    r"\d*[.,]?\d*\s*(kg|g|gr|100\s?(g|ml)|l|litre|liter|ltr?|ml|m|m²|m2|meter|stück|stk\.?|pcs|each|unit|count|oz|lb|lbs|"
    r"month|mo\b|mth|monat|mois|mes\b|mês|mese|mies|měs|week|year|jahr|day|tag|night|nacht|nuit)\b)",
    re.IGNORECASE,
)
MEASURE_ONLY_AFTER = re.compile(
    r"^\s*\W{0,2}\s*(/|per\b|pro\b|je\b|par\b|por\b|за\b|za\b|al\b|\()", re.I
)
SAID_AFTER_OUTSIDE = re.compile(
    r"^\W{0,3}(tarjeta|con tarjeta|with (your )?card|mtl\b|mit karte|off\b|savings?\b|gespart|sparen|de réduction|de descuento|zniżk|discount\b|"
    r"points?\b|punkte|pkt\b|/\s?(mo|month|monat|mois|mes|mês|mies)\b|per month|monatlich|"
    r"bid\b|gebot|deposit\b|cash ?back|con (transferencia|efectivo|débito)|no (pix|boleto)|적립|할인)",
    re.IGNORECASE,
)
SAID_AFTER_OTHER = re.compile(
    r"^\W{0,3}(off\b|mtl\b|approx|shipping|delivery|versand|frais|rabat\b|discount|rabatt|savings?|sparen|"
    r"gespart|de réduction|de descuento|sconto|zniżk|slev|points?\b|punkte|pkt|"
    r"/\s?(mo|month|monat|mois|mes|mês)|per month|monatlich|bid\b|gebot|deposit|x \d+|in \d+|"
    r"cash ?back|gift|voucher|coupon|free shipping|gratis|or more|and up|minimum|secured|fee\b|"
    r"frei\b|offert|gratuit|이상|적립|할인|以上|送料)",
    re.IGNORECASE,
)
_TAX = (
    r"(vat|tax(es)?|mwst|ust|tva|iva|dph|ddv|pdv|btw|moms|mva|alv|áfa|afa|ндс|пдв|gst|hst|pvm|pvn|"
    r"kdv|consumption tax|impuestos?|impostos?|tasse|steuern?|belasting|avgift|pajak|thuế)"
)
_WITHOUT = (
    r"(bez|brez|ohne|excl\w*|ex\.?|sans|senza|sin|sem|utan|uten|uden|ilman|exkl\w*|zzgl\.?|plus|"
    r"before|zonder|без|fără|\+)"
)
_WITH = r"(incl\w*|inkl\w*|inc\.?|mit|s|z|cu|con|avec|med|с|with)"
SAID_WITHOUT_TAX = re.compile(
    rf"\b({_WITHOUT}\W{{0,3}}(\d+ ?%\W?)?{_TAX}|netto|hors tax\w*|ht|tax excl\w*)\W{{0,3}}$"
    r"|(税抜|税別|未稅)\W{0,3}$",
    re.IGNORECASE,
)
SAID_AFTER_WITHOUT_TAX = re.compile(
    rf"^\W{{0,4}}({_WITHOUT}\W{{0,3}}(\d+ ?%\W?)?{_TAX}\b|netto\b|hors tax|ht\b|税抜|税別|未稅)",
    re.IGNORECASE,
)
SAID_WITH_TAX = re.compile(
    rf"\b({_WITH}\W{{0,3}}(\d+ ?%\W?)?{_TAX}|brutto|ttc|tax incl\w*)\W{{0,3}}$|(税込|含稅)\W{{0,3}}$",
    re.IGNORECASE,
)
SAID_AFTER_WITH_TAX = re.compile(
    rf"^\W{{0,4}}({_WITH}\W{{0,3}}(\d+ ?%\W?)?{_TAX}\b|brutto\b|ttc\b|税込|含稅)",
    re.IGNORECASE,
)
