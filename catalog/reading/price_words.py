"""The words and class names by which shops tell one price from another, in many languages."""

import re

NAMES_A_PRICE = re.compile(
    r"pri[cs]e|timi\b|τιμή|pret\b|preț|hind\b|cijena|מחיר|giá\b|ราคา|سعر|prix|preis|precio|"
    r"pre[cç]o|prezzo|prijs|cena|ceny|cen[ay]?\b|hinta|pris\b|pris[-_]|amount|kaina|fiyat|harga|"
    r"arvo|ár\b|\bar\b|kosten|cost\b|betrag|valor|ціна|цена|가격|価格|kakaku|jiage",
    re.IGNORECASE,
)
NOW = re.compile(
    r"sale|special|final|current|now|our|offer|promo|actual|deal|today|discounted|reduced|action|"
    r"aktuel|main|buy|pay|sell|neu\b|new|vente|precio[-_]?final|to[-_]?pay",
    re.IGNORECASE,
)
FORMER = re.compile(
    r"(?<![a-z])(palia|vechi|veche|stara|staro|eski|régi|gammal|gammel|vanha|old|was|strike|"
    r"striked|strikethrough|crossed|list[-_]?price|listprice|msrp|rrp|uvp|pvp[-_]?r|before|"
    r"previous|original|orig|compare|statt|barr[eé]e?|rayad|tachado|antes|anterior|"
    r"regular[-_]?price[-_]?(old|strike)|line[-_]?through|non[-_]?sale|retail|market|"
    r"de[-_]?price|from[-_]?price[-_]?old|omnibus|lowest|historical|past|full[-_]?price|"
    r"base[-_]?price|suggested|recommended|staraja|staryj|puvodni|wasprice|oldprice|"
    r"price[-_]?old|preis[-_]?alt|pseudo)",
    re.IGNORECASE,
)
NOT_THE_PRICE = re.compile(
    r"ship|deliver|versand|livrais|env[ií]o|frete|spedizion|doprava|dostav|unit[-_]?pri|"
    r"per[-_]?unit|price[-_]?per|grundpreis|base[-_]?unit|price[-_]?unit|measure|ppu|saving|save|"
    r"youpay|discount[-_]?(amount|value|percent)|rabatt|ersparnis|month|monthly|install?ment|"
    r"finance|financ|credit|klarna|afterpay|rate\b|raten|parcel|mensual|points|bonus|cashback|"
    r"coupon|voucher|gift|deposit|pfand|(ex|excl|excluding|exclude|without|netto?|no)[-_]?(tax|"
    r"vat|btw)|netto?[-_]?pri|price[-_]?net|tax[-_]?amount|(?<![a-z])olp|other[-_]?sellers|"
    r"warranty|insurance|protection|member|club|loyal|approx|convert|plus[-_]?price|staffel|tier|"
    r"bulk|quantity[-_]?disc",
    re.IGNORECASE,
)
SELDOM_THE_PRICE = re.compile(
    r"total|subtotal|filter|range[-_]?slider|slider|addon|add-on|used|swatch|variation|option|"
    r"mini[-_]?cart|sticky",
    re.IGNORECASE,
)
SAID_FORMER = re.compile(
    r"(\b(was|rrp|msrp|list price|reg(ular)?\.?( price)?|original(ly)?( price)?|compare at|"
    r"retail( price)?|before|uvp|statt|unverb\w*|bisher|früher|vorher|alter preis|au lieu de|"
    r"prix (de base|conseill\w*|barr\w*|public)|avant|antes|precio (anterior|normal|original|"
    r"de lista)|pvp\w*|de:?|prezzo (di listino|consigliato|precedente)|anziché|invece di|"
    r"adviesprijs|van|cena (regularna|katalogowa|przed)|najniższa cena|běžná cena|původní cena|"
    r"původně|bežná cena|rek\.? ?pris|ord\.?( pris)?|tidigare|före|førpris|før|veil\w*|ovh|"
    r"normaalihinta|norm\w* cena|vecā cena|tavahind|pôvodná|preț (vechi|recomandat)|prp|"
    r"eredeti ár|lowest( price)?|niedrigster|30.tage.bestpreis|старая цена|цена до|"
    r"стара ціна)\s*[:.]?|定価|参考価格|希望小売価格|原價|原价|建議售價|市場價|市场价|정가|"
    r"시중가)\s*[:：]?\s*\W{0,2}$",
    re.IGNORECASE,
)
SAID_OTHER = re.compile(
    r"(\b(save|you save|saving|off|shipping|delivery|postage|p&p|versand\w*|liefer\w*|sie sparen|"
    r"ersparnis|spare|sparen|livraison|économi\w*|frais de port|envío|gastos de envío|ahorra\w*|"
    r"spedizione|risparmi\w*|verzend\w*|bespaar\w*|dostawa|wysyłk\w*|oszczędz\w*|doprava|"
    r"poštovné|ušetř\w*|ušetrí\w*|frakt|levering|spar(a|er)?|spara|toimitus\w*|(gratis|free|"
    r"gratuite?s?|offerte?s?|kostenlos|versandkostenfrei|zdarma|zadarmo|darmowa|ingyenes|gratuit|"
    r"бесплатно|безкоштовно)( \w+)? (from|over|desde|ab|dès|à partir de|da|od|från|fra|alkaen|"
    r"felett|peste|от|від|над)|over|above|under|below|less than|unter|moins de|menos de|sotto i|"
    r"poniżej|onder|up to|upto|bis zu|fino a|hasta|jusqu[’']à|até|tot|do|approx(imately)?|circa|"
    r"ca|≈|gift[- ]?wrap(ping)?|geschenkverpackung|emballage cadeau|confezione regalo|"
    r"versicherung( ab)?|insurance|finanzierung( ab)?|überführung|(install\w*|montage|montaggio|"
    r"aufbau|assembly|monogram\w*|personali[sz]\w+|gravur|engraving)( a partire da| from| ab)?|"
    r"from only|(neu|new|used|gebraucht|nuevos?|nuovi|neufs?|occasion)\W.{0,12}(ab|from|desde|da|"
    r"à partir de)|phí vận chuyển|free delivery \w*|fee|orders? (of|over)|ab einem|"
    r"ab einem bestellwert von|dès|à partir de \d* ?achats?|minimum|over orders|per month|"
    r"monthly|mtl\.?|monatlich|month(s)? (of|at)|payments? of|instal\w* of|(\d+)\s*x\s*(de|of)?|"
    r"rate[ns]?( ab)?|net price|bez dph|bez pdv|ex tax|ohne mwst\.?|deposit|pfand|kaution|"
    r"points?|min\.? ?(belanja|order|bestell\w*|purchase|spend)|gift card|voucher|coupon|"
    r"cashback|bonus|per unit|unit price|(harga )?grosir|wholesale|großhandel\w*|опт\w*|hurt\w*|"
    r"mayor\w+|en gros|ingrosso|atacado|grundpreis|member\w*( price)?|mitglieder\w*|"
    r"kanta-asiak\w*|stamkund\w*|medlem\w*|kundeklub\w*|členská|klubová|s kartou|z kartą|"
    r"card price|with card|clubpreis|abonn\w+|subscribe\w*( & save| and save)?|with prime|"
    r"starting bid|shipping:|доставка|экономия|скидка)\s*[:.]?|会員(様)?(限定)?(特別)?(価格)?|"
    r"會員價?|会员价?|회원가|税|ค่าส่ง( ems)?|ค่าจัดส่ง|ongkir|phí ship|运费|邮费|運費|送料|"
    r"배송비|택배배송|적립금?|节省|省|全場滿|滿)\s*[:：]?\s*\W{0,2}$",
    re.IGNORECASE,
)
SAID_NOW = re.compile(
    r"(\b(now|price|our price|sale( price)?|special( price)?|today|only|deal( price)?|buy it now|"
    r"preis|jetzt|nur|unser preis|aktionspreis|prix|maintenant|precio|ahora|por:?|prezzo|ora|"
    r"prijs|nu|voor|cena|teraz|nyní|nyt|pris|hinta|preț|ár|цена|ціна|fiyat|harga)\s*[:.]?|価格|"
    r"售價|售价|販売価格|판매가|特價)\s*[:：]?\s*\W{0,2}$",
    re.IGNORECASE,
)
BY_MEASURE = re.compile(
    r"^\s*[)\]*]*\s*((/|per|pro|por|par|je|za|al|the|à|\()\s*)?(\(?\s*(/|per|pro|je|par|por|за|"
    r"za)?\s*\d*[.,]?\d*\s*(kg|g|gr|100\s?(g|ml)|l|litre|liter|ltr?|ml|m|m²|m2|meter|count|oz|lb|"
    r"lbs|month|mo\b|mth|monat|mois|mes\b|mês|mese|mies|měs|week|year|jahr|day|tag|night|nacht|"
    r"nuit)\b(?!\.\w))",
    re.IGNORECASE,
)
MEASURE_ONLY_AFTER = re.compile(
    r"^\s*\W{0,2}\s*(/|per\b|pro\b|je\b|par\b|por\b|за\b|za\b|al\b|\()", re.I
)
SAID_AFTER_OUTSIDE = re.compile(
    r"^\W{0,3}(tarjeta|con tarjeta|with (your )?card|mtl\b|mit karte|off\b|savings?\b|gespart|"
    r"sparen|de réduction|de descuento|zniżk|discount\b|points?\b|punkte|pkt\b|/\s?(mo|month|"
    r"monat|mois|mes|mês|mies)\b|per month|monatlich|bid\b|gebot|deposit\b|cash ?back|"
    r"con (transferencia|efectivo|débito)|no (pix|boleto)|적립|할인)",
    re.IGNORECASE,
)
SAID_AFTER_OTHER = re.compile(
    r"^\W{0,3}(off\b|mtl\b|approx|shipping|delivery|versand|frais|rabat\b|discount|rabatt|"
    r"savings?|sparen|gespart|de réduction|de descuento|sconto|zniżk|slev|points?\b|punkte|pkt|"
    r"/\s?(mo|month|monat|mois|mes|mês)|per month|monatlich|bid\b|gebot|deposit|\(?min\.? ?\d|"
    r"ab \d+ (stück|stk)|от \d+ шт|x \d+|in \d+|cash ?back|gutschein|bon\b|gift|voucher|coupon|"
    r"free shipping|gratis|or more|and up|minimum|secured|fee\b|frei\b|offert|gratuit|이상|적립|"
    r"할인|以上|送料)",
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
    rf"\b({_WITH}\W{{0,3}}(\d+ ?%\W?)?{_TAX}|brutto|ttc|tax incl\w*)\W{{0,3}}$|(税込|"
    rf"含稅)\W{{0,3}}$",
    re.IGNORECASE,
)
SAID_AFTER_WITH_TAX = re.compile(
    rf"^\W{{0,4}}({_WITH}\W{{0,3}}(\d+ ?%\W?)?{_TAX}\b|brutto\b|ttc\b|税込|含稅)",
    re.IGNORECASE,
)
