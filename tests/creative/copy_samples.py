"""Products as shops describe them, for the tests of the copy: terse, shouted, stuffed, foreign."""

from decimal import Decimal

from catalog.product import ScrapedProduct
from demo.products import PRODUCTS


def sample(
    title: str, description: str | None = None, brand: str | None = None, price: str | None = None,
    currency: str | None = None, locale: str | None = "en",
) -> ScrapedProduct:  # fmt: skip
    return ScrapedProduct(
        url="https://shop.example/p/1", title=title, description=description, brand=brand,
        price=Decimal(price) if price else None, currency=currency, locale=locale,
        availability="InStock",
    )  # fmt: skip


DEMO = [
    sample(one.title, one.description, one.brand, str(one.price), one.currency, one.language)
    for one in PRODUCTS
]

REALISTIC = [
    sample(
        "BOSCH GSR 12V-15 Akku-Bohrschrauber, 2x2,0Ah, L-BOXX",
        "Handlich und leicht: nur 1,0 kg mit Akku. Drehmoment: 30 Nm. Bohrfutter: 10 mm. "
        "LED-Licht zur Ausleuchtung dunkler Arbeitsbereiche. Lieferumfang: 2 Akkus 2,0 Ah, "
        "Schnellladegerät, L-BOXX. Versandkostenfrei ab 50 €. Der Motorschutz sorgt für lange"
        " Lebensdauer.",
        "BOSCH", "129.99", "EUR", "de-DE",
    ),
    sample(
        "WOMENS RUNNING SHOES BREATHABLE LIGHTWEIGHT SNEAKERS SIZE 38-42",
        "FEATURES:\nBreathable mesh upper keeps your feet cool\nRubber outsole for grip on "
        "wet roads\nSIZE CHART: please see photos\nShips within 24 hours. Click here for "
        "returns.",
        "RUNFAST", "39.9", "USD", "en-US",
    ),
    sample(
        "Wireless Headphones Bluetooth 5.3, Noise Cancelling Over Ear Headphones with Mic, 60H Playtime, Deep Bass for Travel/Work/Gym, Black",
        "【60H Playtime】Enjoy up to 60 hours of music on a single charge. 【Deep Bass】40 mm "
        "drivers deliver rich sound. Foldable design fits in your bag. Please contact us if "
        "you have any questions. 30-day money back guarantee.",
        "SoundMax", "29.99", "USD", "en",
    ),
    sample(
        "Basic T-Shirt aus Bio-Baumwolle",
        "Material: 100% Baumwolle\nSchnitt: Regular Fit\nPflege: 30 Grad Schonwäsche\nFarbe: "
        "Marineblau\nRundhalsausschnitt mit Rippbündchen\nModel ist 1,86 m groß und trägt "
        "Größe M\nAlle Preise inkl. MwSt. zzgl. Versand",
        "Grünwerk", "19.95", "EUR", "de",
    ),
    sample(
        "Robe midi fleurie à manches courtes",
        "Cette robe midi se porte du bureau à la plage. Tissu fluide en viscose, ceinture à "
        "nouer. Fermeture zippée au dos. Composition : 100 % viscose. Livraison offerte dès "
        "60 €. Le mannequin mesure 1,75 m.",
        "Maison Lise", "59", "EUR", "fr-FR",
    ),
    sample(
        "Canapé 3 places convertible ALTO, velours vert",
        "Un canapé qui invite à la détente. Assise moelleuse et dossier enveloppant. Couchage"
        " d’appoint de 140 x 190 cm. Pieds en hêtre massif. Dimensions : L 210 x P 92 x H 88 "
        "cm. Garantie 2 ans.",
        "Alto", "899", "EUR", "fr",
    ),
    sample(
        "Aceite de oliva virgen extra 500 ml",
        "Elaborado con aceitunas arbequinas recogidas a mano. Sabor afrutado con notas de "
        "almendra y manzana. Ideal para ensaladas, pescados y pan tostado. Conservar en un "
        "lugar fresco y seco. Envíos en 24/48 h.",
        "Finca La Torre", "12.5", "EUR", "es",
    ),
    sample(
        "Patinete eléctrico plegable 350W",
        "Muévete por la ciudad sin esfuerzo. Autonomía de 25 km y velocidad máxima de 25 "
        "km/h. Se pliega en tres segundos y pesa solo 12,5 kg. Frenos de disco y luz LED "
        "delantera. No recomendado para menores de 14 años.",
        "VoltGo", "299", "EUR", "es-ES",
    ),
    sample(
        "Macchina da caffè espresso manuale",
        "Prepara un espresso cremoso in casa tua. Pressione di 15 bar e serbatoio da 1,2 "
        "litri. Il montalatte regala un cappuccino come al bar. Corpo in acciaio inox "
        "spazzolato. Spedizione gratuita in 48 ore.",
        "Bella Cucina", "189", "EUR", "it",
    ),
    sample(
        "Zaino da trekking 40L",
        "Lo zaino che ti accompagna in montagna. Schienale traspirante e cintura regolabile. "
        "Tasca per borraccia, coprizaino antipioggia incluso. Peso: 1,1 kg. Tessuto ripstop "
        "resistente agli strappi.",
        "Vetta", "84.9", "EUR", "it-IT",
    ),
    sample(
        "Houten speelkeuken met accessoires",
        "Laat je kind koken als een echte chef. Gemaakt van stevig berkenhout. Met oven, "
        "wastafel en zes haakjes. Afmetingen: 60 x 30 x 85 cm. Geschikt vanaf 3 jaar. Gratis "
        "verzending vanaf 50 euro.",
        "Kleine Kok", "74.95", "EUR", "nl",
    ),
    sample(
        "Biologische pindakaas 350g",
        "Van geroosterde pinda's, verder niets. Zonder toegevoegde suiker of palmolie. Lekker"
        " op brood of door de havermout. Bevat: pinda's 100%.",
        "Notenbar", "3.99", "EUR", "nl-NL",
    ),
    sample(
        "Harney Wooden Building Blocks – 100 Pieces",
        "<p>A hundred beech blocks in six shapes.</p><ul><li>Water-based "
        "paint</li><li>Suitable from 18 months</li><li>Comes in a cotton "
        "bag</li></ul><p>&copy; 2024 Harney Toys. All rights reserved.</p>",
        "Harney", "34", "GBP", "en-GB",
    ),
    sample(
        "Organic Ground Coffee, Dark Roast, 250 g",
        "Notes of cocoa and toasted hazelnut. Roasted in small batches in Leeds. Grown at "
        "1,800 metres by farmers we know by name. Grind suits cafetière and filter. Store in "
        "a cool, dry place. Best before: see pack.",
        "Northern Bean Co.", "7.50", "GBP", "en-GB",
    ),
    sample(
        "4K UHD Smart TV 55 Zoll",
        "Gestochen scharfe Bilder dank 4K-Auflösung und HDR10. Das rahmenlose Design passt in"
        " jedes Wohnzimmer. Streame deine Lieblingsserien direkt über WLAN. Anschlüsse: 3x "
        "HDMI, 2x USB. Energieeffizienzklasse: F.",
        "Vistron", "449", "EUR", "de",
    ),
    sample(
        "南部鉄器 急須 0.6L 黒",
        "岩手の職人が一つひとつ手作りした鉄瓶です。お湯がまろやかになり、お茶の味が引き立ちます。電磁調理器には対応していません。送料無料。",
        "岩鋳", "8800", "JPY", "ja",
    ),
    sample(
        "كوب خزفي مصنوع يدويا",
        "كوب من الخزف بطلاء مطفي. يحافظ على دفء قهوتك. سعة 350 مل. آمن في غسالة الصحون. شحن "
        "مجاني.",
        "بيت الطين", "75", "SAR", "ar",
    ),
    sample(
        "Kubek ceramiczny ręcznie malowany 400 ml",
        "Każdy kubek jest malowany ręcznie w Bolesławcu. Pojemność 400 ml wystarcza na "
        "porządną kawę. Można myć w zmywarce i używać w mikrofalówce. Nie nadaje się do "
        "piekarnika. Wysyłka w 24 godziny.",
        "Bolesławiec", "59.90", "PLN", "pl",
    ),
    sample(
        "Mug",
        None,
        None, None, None, "en",
    ),
    sample(
        "NIKE AIR ZOOM PEGASUS 40 HERREN LAUFSCHUHE SCHWARZ",
        "Der Laufschuh für jeden Tag. Reaktionsfreudige Dämpfung mit zwei Air-Einheiten. "
        "Obermaterial: Mesh. Jetzt nur 89,99 € statt 129,99 €!",
        "Nike", "89.99", "EUR", "de",
    ),
    sample(
        "Levi's 501 Original Fit Jeans",
        "The blueprint for every pair of jeans in existence. Signature straight fit and "
        "iconic button fly. Sits at the waist. 100% cotton, non-stretch denim. Machine wash "
        "cold, inside out.",
        "Levi's", "98", "USD", "en-US",
    ),
    sample(
        "IKEA KALLAX Regal, weiß, 77x147 cm",
        "Du kannst das Regal an die Wand stellen oder als Raumteiler nutzen. Einfach zu "
        "montieren. Gerundete Ecken für mehr Sicherheit. Muss an der Wand befestigt werden. "
        "Artikelnummer: 802.758.87",
        "IKEA", "69.99", "EUR", "de",
    ),
]  # fmt: skip

# Made up to be hard on rules that cut, quote and count.
HARD = [
    sample("x" * 300), sample("🎧" * 40), sample("word " * 60), sample("陶器のマグカップ" * 8),
    sample("7 For All Mankind Jeans 32/34", "The #1 jeans. 100% cotton. -20% today!", "7 For All Mankind"),
    sample("Best Western Gift Card €50", "The best gift. Only €50.", "Best Western", "50", "EUR"),
    sample("Pixel 8 – 50 % lighter", "50 % lighter than the 8. 12 MP – 50 % sharper.", "5", "1299.5", "USD"),
    sample("-", "-", "-"), sample("2x", "2x. 3x. 4,5 / 5 stars.", "3M", "0.5", "EUR"),
    sample("GRATIS KAFFEE", "KOSTENLOSER KAFFEE FÜR ALLE. 3 FÜR 2! Nr. 1 in Köln.", "NR. 1", "3", "EUR", "de"),
    sample("<b>Mug</b> &amp; Saucer", "&lt;p&gt;Two of them&lt;/p&gt; for €20 &#8364;", "A &amp; B"),
    sample("Tasse", "Zwei Henkel, drei Farben, vier Größen. Nicht für fünf.", locale="de"),
    sample("No. 5 Eau de Parfum 50 ml Spray", "No. 5. The most loved scent ever.", "No. 5", "99", "XAF"),
]  # fmt: skip
