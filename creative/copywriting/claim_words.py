"""Words that make a claim, in English, German, French, Spanish, Italian and Dutch.

Closed lists, because no rule tells "finest" from "forest". Words of taste that nobody could prove
wrong, such as "perfect" or "ideal", are not among them. A word that ends in `*` stands for all that
begin with it, one in a `+` for its German and Dutch endings (never `edelst*`, which is stainless
steel); `_` in a phrase stands for any one word, which then belongs to the claim.
"""

DISCOUNTS = """
sale; sales price; sale price; discount*; reduced; markdown; marked down; clearance; save; saves;
saving; savings; bargain*; deal; deals; coupon*; voucher*; promo; promos; promotion*; cashback;
cash back; money back; rebate*; half price; half the price; price drop; price cut; price slash*;
special price; special offer*; limited offer*; limited time; on offer; introductory offer;
today only; cheap; cheaper; black friday; cyber monday; for free; free shipping; free delivery;
free returns; free return; free postage; free gift; free gifts; free trial; free sample;
free samples; free of charge; free with; get it free; get one free; buy one get one; bogo;
complimentary; off the price; now only; just _ today; lower price; lower prices; free p;
ships free; delivered free; on us; last chance; rabatt*; reduziert*; sonderangebot*; angebot;
angebote; aktionspreis*; sonderpreis*; tiefpreis*; bestpreis*; dauertiefpreis*; schnappchen*;
ausverkauf*; schlussverkauf*; preisnachlass*; nachlass*; ermassigt*; sparen; spare; sparst; spart;
sparpreis*; sparset*; gespart; ersparnis*; gratis; kostenlos*; kostenfrei*; umsonst;
versandkostenfrei*; gutschein*; halber preis; halben preis; halbe preis; gunstig; gunstiger;
gunstige; billig*; preiswert*; preissturz*; geschenkt; nur heute; statt uvp; solde; soldes;
remise; remises; rabais; reduction; reductions; reduit; reduits; reduite; reduites; prix casse*;
bon plan; bons plans; bonne affaire; bonnes affaires; gratuit; gratuite; gratuits; gratuites;
gratuitement; offert; offerte; offerts; offertes; economisez; economie; economies; economiser;
moitie prix; destockage; liquidation; pas cher; moins cher; code promo; petit prix; petits prix;
vente privee; ventes privees; bon de reduction; prix barre; rebaja*; descuento*; oferta; ofertas;
gratuito; gratuita; gratuitos; gratuitas; ahorra; ahorre; ahorro; ahorras; ahorrar;
mitad de precio; chollo*; ganga; gangas; promocion*; liquidacion; barato*; barata*; a coste cero;
sin coste; sconto; sconti; scontato; scontata; scontati; scontate; offerta; saldi; saldo; omaggio;
omaggi; risparmia; risparmi; risparmio; risparmiare; ribasso; ribassato; meta prezzo; promozione;
promozioni; svendita; sottocosto; prezzo ridotto; a costo zero; economico; economica; affare;
affari; korting*; aanbieding*; uitverkoop; bespaar; bespaart; besparen; besparing*; afgeprijsd*;
halve prijs; koopje*; actieprijs*; voordelig*; opruiming*; solden; goedkoop; goedkoper;
prijsdaling; stuntprijs
"""

RATINGS = """
top rated; highly rated; best rated; well rated; rated; five star; four star; star rated;
star rating; star ratings; rave reviews; great reviews; bestbewertet*; gut bewertet; top bewertet;
hoch bewertet; mieux note; mieux notee; bien note; bien notee; mejor valorado; mejor valorada;
mejor valorados; mejor valoradas; bien valorado; bien valorada; recomendado por; recommended by;
top beoordeeld; goed beoordeeld; best beoordeeld; funf sterne; cinq etoiles; cinco estrellas;
cinque stelle; vijf sterren; empfohlen von; recommande par; consigliato da; aanbevolen door
"""

SUPERLATIVES = """
best; bestseller*; best seller; best sellers; best selling; most _; world s _; world class;
world leading; world beating; world first; world famous; finest; greatest; cheapest; lowest;
highest; fastest; quickest; smallest; biggest; largest; strongest; softest; lightest; brightest;
toughest; thinnest; warmest; coolest; quietest; smartest; easiest; safest; cleanest; longest;
shortest; richest; purest; freshest; tastiest; newest; latest; hottest; comfiest; cosiest;
coziest; sharpest; simplest; slimmest; deepest; widest; tallest; nicest; prettiest; loudest;
sleekest; boldest; healthiest; hardest; sturdiest; rarest; truest; cutest; greenest; clearest;
crispest; smoothest; loveliest; juiciest; creamiest; fluffiest; happiest; youngest; oldest;
wisest; firmest; tiniest; leanest; heaviest; mildest; silkiest; kindest; number one; leading;
leader; market leader; ultimate; unbeatable; unbeaten; unrivalled; unrivaled; unmatched;
unparalleled; unsurpassed; incomparable; unequalled; unequaled; second to none; like no other;
one of a kind; first of its kind; unique; uniquely; better than ever; first ever; best ever;
ever made; never before; the only _; only one of its kind; top quality; top notch; top seller;
topseller*; top selling; award; awards; awarded; award winning; prize winning; winner; winners;
guarantee*; scientifically proven; clinically proven; proven; supreme; superior; beste; bester;
bestes; besten; bestem; allerbest*; bestverkauft*; meistverkauft*; meistgekauft*; meiste; meisten;
grosst+; hochst+; niedrigst+; gunstigst+; billigst+; schnellst+; leichtest+; starkst+; schonst+;
neuest+; neust+; modernst+; feinst+; edelst+; hochwertigst+; kleinst+; leisest+; warmst+;
weichst+; langst+; kurzest+; frischest+; beliebtest+; sicherst+; scharfst+; dunnst+; hellst+;
sparsamst+; bequemst+; effizientest+; fuhrend*; marktfuhrer*; weltbest*; weltweit _; unschlagbar*;
unubertroffen*; unubertrefflich*; unvergleichlich*; einzigartig*; einmalig*; ultimativ*;
preisgekront*; ausgezeichnet*; testsieger*; preissieger*; sieger; garantie*; konkurrenzlos*;
einzige; einziger; einziges; einzigen; nummer eins; unerreicht*; spitzenreiter; meilleur;
meilleure; meilleurs; meilleures; le plus _; la plus _; les plus _; le mieux; le moins _;
la moins _; les moins _; numero un; ultime; ultimes; imbattable*; inegale; inegalee; inegales;
inegalees; inegalable*; sans egal; uniques; garanti; garantis; garanties; recompense; recompensee;
elu produit; elue produit; seul au monde; du monde entier; au monde; mejor; mejores; el mas _;
la mas _; los mas _; las mas _; lo mas _; el menos _; numero uno; unico; unica; unicos; unicas;
inigualable*; insuperable*; imbatible*; lider; lideres; definitivo; definitiva; garantizado;
garantizada; garantizados; premiado; premiada; galardonado; galardonada; del mundo; sin igual;
miglior; migliore; migliori; il piu _; la piu _; i piu _; gli piu _; le piu _; uniche; unici;
insuperabile; insuperabili; imbattibile; imbattibili; impareggiabile; ineguagliabile; garantito;
garantita; garantiti; garantisce; premiato; premiata; del mondo; al mondo; senza eguali; grootst+;
hoogst+; laagst+; goedkoopst+; snelst+; lichtst+; sterkst+; mooist+; nieuwst+; fijnst+; zachtst+;
stilst+; leukst+; lekkerst+; meest _; meeste; zuinigst+; veiligst+; scherpst+; dunst+;
toonaangevend*; onovertroffen; onverslaanbaar; onverslaanbare; uniek; unieke; ultieme; bekroond*;
gegarandeerd*; bestverkocht*; bestverkopend*; ongeevenaard*; nummer een; marktleider; enige echte;
van de wereld; ter wereld
"""

NUMBERS: dict[str, dict[str, int]] = {
    "en": {
        "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
        "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
        "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30,
        "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
        "hundred": 100, "thousand": 1000, "million": 1_000_000, "dozen": 12,
    },
    "de": {
        "zwei": 2, "drei": 3, "vier": 4, "funf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9,
        "zehn": 10, "elf": 11, "zwolf": 12, "funfzehn": 15, "zwanzig": 20, "dreissig": 30,
        "vierzig": 40, "funfzig": 50, "sechzig": 60, "hundert": 100, "tausend": 1000, "dutzend": 12,
        "millionen": 1_000_000,
    },
    "fr": {
        "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "dix": 10,
        "onze": 11, "douze": 12, "quinze": 15, "vingt": 20, "trente": 30, "quarante": 40,
        "cinquante": 50, "soixante": 60, "cent": 100, "mille": 1000, "douzaine": 12,
        "millions": 1_000_000,
    },
    "es": {
        "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9,
        "diez": 10, "once": 11, "doce": 12, "quince": 15, "veinte": 20, "treinta": 30,
        "cuarenta": 40, "cincuenta": 50, "cien": 100, "mil": 1000, "docena": 12,
        "millones": 1_000_000,
    },
    "it": {
        "due": 2, "tre": 3, "quattro": 4, "cinque": 5, "sette": 7, "otto": 8, "nove": 9,
        "dieci": 10, "undici": 11, "dodici": 12, "quindici": 15, "venti": 20, "trenta": 30,
        "quaranta": 40, "cinquanta": 50, "cento": 100, "mille": 1000, "dozzina": 12,
        "milioni": 1_000_000,
    },
    "nl": {
        "twee": 2, "drie": 3, "vier": 4, "vijf": 5, "zes": 6, "zeven": 7, "acht": 8, "negen": 9,
        "tien": 10, "elf": 11, "twaalf": 12, "vijftien": 15, "twintig": 20, "dertig": 30,
        "veertig": 40, "vijftig": 50, "honderd": 100, "duizend": 1000, "dozijn": 12,
        "miljoen": 1_000_000,
    },
}  # fmt: skip

# Numbers that are another word in another of the six languages, accents aside.
NUMBERS_AT_HOME_ONLY = frozenset("elf sept onze cent dos tres once mil due tre otto venti".split())

UNITS = """
mm millimeter millimeters millimetre millimetres millimetri milimetros
cm centimeter centimeters centimetre centimetres zentimeter centimetri centimetros
m meter meters metre metres metri metros
km kilometer kilometers kilometre kilometres chilometri kilometros
m2 qm quadratmeter sqm
m3 kubikmeter
inch inches in zoll pouces pouce pulgadas pollici "
ft feet foot
mg milligram milligrams milligramm
g gr gram grams gramm gramme grammes gramo gramos grammo grammi
kg kilo kilos kilogram kilograms kilogramm kilogramme kilogrammes
oz ounce ounces
lb lbs pounds
ml milliliter milliliters millilitre millilitres mililitros millilitri
cl centiliter centilitre
l liter liters litre litres litro litros litri
w watt watts
kw kilowatt
wh wattstunden
kwh kilowattstunden
v volt volts voltios
a amp amps ampere
ah amperestunden
mah
hz hertz
khz
mhz
ghz
kb
mb megabyte megabytes
gb gigabyte gigabytes go
tb terabyte terabytes to
mp megapixel megapixels
db dezibel decibel decibels
h hr hrs hour hours std stunde stunden heure heures hora horas ora ore uur uren
min mins minute minutes minuten minuto minutos minuti
s sec secs second seconds sekunden secondes segundos secondi seconden
day days tag tage tagen jour jours dia dias giorno giorni dag dagen
week weeks woche wochen semaine semaines semana semanas settimana settimane weken
month months monat monate monaten mois mes meses mese mesi maand maanden
year years jahr jahre jahren an ans annee annees ano anos anno anni jaar jaren
piece pieces pcs pc stuck stk teile piezas pezzi stuks delig
° degree degrees grad degres grados gradi graden
°c
°f
kcal
cal
kj
lm lumen lumens
k kelvin
rpm
bar
ply
"""

# Spellings that are everyday words too: they are a unit only where nothing else can be meant.
DOUBTFUL_UNITS = frozenset('a an to go in foot pounds second "'.split())

CURRENCIES: dict[str, tuple[str, ...]] = {
    "€": ("EUR",), "eur": ("EUR",), "euro": ("EUR",), "euros": ("EUR",),
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"), "usd": ("USD",), "us$": ("USD",),
    "dollar": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD"),
    "dollars": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD"), "bucks": ("USD",),
    "cad": ("CAD",), "ca$": ("CAD",), "c$": ("CAD",), "aud": ("AUD",), "a$": ("AUD",),
    "au$": ("AUD",), "nzd": ("NZD",), "nz$": ("NZD",), "sgd": ("SGD",), "s$": ("SGD",),
    "hkd": ("HKD",), "hk$": ("HKD",), "mxn": ("MXN",), "mx$": ("MXN",), "brl": ("BRL",),
    "r$": ("BRL",), "£": ("GBP",), "gbp": ("GBP",), "quid": ("GBP",), "sterling": ("GBP",),
    "chf": ("CHF",), "sfr": ("CHF",), "franken": ("CHF",), "francs": ("CHF",),
    "¥": ("JPY", "CNY"), "jpy": ("JPY",), "yen": ("JPY",), "円": ("JPY",), "cny": ("CNY",),
    "元": ("CNY",), "rmb": ("CNY",), "₹": ("INR",), "inr": ("INR",), "rs": ("INR",),
    "kr": ("SEK", "NOK", "DKK", "ISK"), "sek": ("SEK",), "nok": ("NOK",), "dkk": ("DKK",),
    "pln": ("PLN",), "zł": ("PLN",), "czk": ("CZK",), "kc": ("CZK",), "huf": ("HUF",),
    "ron": ("RON",), "lei": ("RON",), "₺": ("TRY",), "₩": ("KRW",), "krw": ("KRW",),
    "₪": ("ILS",), "ils": ("ILS",), "฿": ("THB",), "thb": ("THB",), "₫": ("VND",), "₴": ("UAH",),
    "₽": ("RUB",), "zar": ("ZAR",), "aed": ("AED",), "sar": ("SAR",), "د.إ": ("AED",),
    "ر.س": ("SAR",), "درهم": ("AED",), "ريال": ("SAR",),
    "cents": ("EUR", "USD", "CAD", "AUD"), "¢": ("USD",), "pence": ("GBP",),
}  # fmt: skip

# A discount in most languages, and another word in the named ones: salt in Italian.
NO_DISCOUNT_IN = {"sale": ("fr", "it", "es"), "sales": ("fr", "es")}

PERCENT = ("%", "percent", "per cent", "prozent", "pour cent", "por ciento", "procent")
STARS = (
    "★", "⭐", "star", "stars", "stern", "sterne", "sternen", "etoile", "etoiles", "estrella",
    "estrellas", "stella", "stelle", "ster", "sterren",
)  # fmt: skip
