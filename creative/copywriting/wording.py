"""The few words that a preview may say of its own, per language; none of them claims anything."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Wording:
    """One language's stock of words.

    `{}` stands for a title's head in `meet` and `titled`, for a maker in `makers` and for a price
    in `costs`. Each of `acts` goes with each of `manners`, as `act` says: "See it up close".
    """

    meet: str
    titled: tuple[str, ...]
    makers: tuple[str, ...]
    costs: tuple[str, ...]
    neutral: tuple[str, ...]
    acts: tuple[str, ...]
    manners: tuple[str, ...]
    shop: str
    details: str
    in_stock: str
    act: str = "{act} {manner}"


WORDINGS: dict[str, Wording] = {
    "en": Wording(
        "Meet the {}",
        ("Discover the {}", "{} up close", "{} in detail", "The {}", "Here: the {}",
         "A look at the {}"),
        ("From {}", "Discover {}", "By {}", "A look at {}", "{} up close"),
        ("Yours for {}", "Take it home for {}", "The price: {}"),
        ("Take a closer look", "See it in detail", "All at a glance", "Get to know it",
         "Have a look", "Find out more", "See for yourself", "Discover it", "Up close",
         "Here it is"),
        ("See it", "Look at it", "Explore it", "Discover it", "View it", "Get to know it"),
        ("up close", "in detail", "at your own pace", "right here", "from every side", "in full"),
        "Shop now", "See details", "In stock",
    ),
    "de": Wording(
        "Im Blick: {}",
        ("Jetzt ansehen: {}", "{} im Detail", "{} ganz nah", "Hier: {}", "Entdecken: {}"),
        ("Von {}", "Entdecken: {}", "{} im Blick", "{} im Detail", "Hier: {}"),
        ("Für {}", "Zu haben für {}", "Der Preis: {}"),
        ("Genauer hinsehen", "Alle Details", "Auf einen Blick", "Jetzt kennenlernen",
         "Jetzt entdecken", "Mehr erfahren", "Selbst ansehen", "Näher betrachtet", "Ganz nah",
         "Hier ist es"),
        ("ansehen", "anschauen", "entdecken", "kennenlernen", "betrachten", "erkunden"),
        ("Aus der Nähe", "Im Detail", "Ganz in Ruhe", "Gleich hier", "Von allen Seiten",
         "In aller Ruhe"),
        "Jetzt ansehen", "Details ansehen", "Auf Lager", "{manner} {act}",
    ),
    "fr": Wording(
        "Découvrez {}",
        ("À voir : {}", "{} en détail", "{} de près", "Voici : {}", "À découvrir : {}"),
        ("Signé {}", "Découvrez {}", "Par {}", "À voir : {}", "{} en détail"),
        ("À {}", "À vous pour {}", "Son prix : {}"),
        ("Regardez de plus près", "Tous les détails", "En un coup d’œil", "Faites connaissance",
         "À découvrir", "En savoir plus", "Voyez par vous-même", "Jetez un œil", "De tout près",
         "À voir"),
        ("À voir", "À découvrir", "À regarder", "À explorer", "À observer", "À contempler"),
        ("de près", "en détail", "ici même", "tout à loisir", "de tous côtés", "sans attendre"),
        "Voir le produit", "Voir les détails", "En stock",
    ),
    "es": Wording(
        "Descubre {}",
        ("Conoce {}", "{} en detalle", "{} de cerca", "Aquí: {}", "Por descubrir: {}"),
        ("De {}", "Descubre {}", "{} en detalle", "{} de cerca", "Aquí: {}"),
        ("Por {}", "Llévatelo por {}", "El precio: {}"),
        ("Míralo de cerca", "Todos los detalles", "De un vistazo", "Para conocerlo",
         "Por descubrir", "Más información", "Compruébalo tú", "Échale un vistazo",
         "Muy de cerca", "Aquí está"),
        ("Míralo", "Descúbrelo", "Conócelo", "Explóralo", "Obsérvalo", "Contémplalo"),
        ("de cerca", "en detalle", "con calma", "aquí mismo", "a fondo", "a tu ritmo"),
        "Ver producto", "Ver detalles", "Disponible",
    ),
    "it": Wording(
        "Scopri {}",
        ("Da vedere: {}", "{} nei dettagli", "{} da vicino", "Ecco: {}", "Da scoprire: {}"),
        ("Di {}", "Firmato {}", "Scopri {}", "{} da vicino", "Ecco: {}"),
        ("A {}", "Tuo per {}", "Il prezzo: {}"),
        ("Guarda da vicino", "Tutti i dettagli", "A colpo d’occhio", "Da conoscere",
         "Da scoprire", "Scopri di più", "Guarda tu stesso", "Dai un’occhiata", "Da vicino",
         "Da vedere"),
        ("Da vedere", "Da scoprire", "Da guardare", "Da esplorare", "Da conoscere", "Da osservare"),
        ("da vicino", "nei dettagli", "con calma", "proprio qui", "a fondo", "senza fretta"),
        "Vai al prodotto", "Vedi i dettagli", "Disponibile",
    ),
    "nl": Wording(
        "Ontdek {}",
        ("Bekijk {}", "{} in detail", "{} van dichtbij", "Hier: {}", "Maak kennis met {}"),
        ("Van {}", "Ontdek {}", "{} in detail", "{} van dichtbij", "Hier: {}"),
        ("Voor {}", "Van jou voor {}", "De prijs: {}"),
        ("Kijk van dichtbij", "Alle details", "In één oogopslag", "Maak kennis",
         "Om te ontdekken", "Meer weten", "Bekijk het zelf", "Neem een kijkje",
         "Van heel dichtbij", "Hier is het"),
        ("Bekijk het", "Ontdek het", "Verken het", "Zie het", "Leer het kennen", "Bestudeer het"),
        ("van dichtbij", "in detail", "in alle rust", "hier", "op je gemak", "van alle kanten"),
        "Bekijk nu", "Bekijk details", "Op voorraad",
    ),
    "pt": Wording(
        "Descubra {}",
        ("Conheça {}", "{} em detalhe", "{} de perto", "Aqui: {}", "Para descobrir: {}"),
        ("De {}", "Descubra {}", "{} em detalhe", "{} de perto", "Aqui: {}"),
        ("Por {}", "Seu por {}", "O preço: {}"),
        ("Veja de perto", "Todos os detalhes", "Num relance", "Para conhecer", "Para descobrir",
         "Saiba mais", "Veja por si", "Dê uma olhada", "Bem de perto", "Para ver"),
        ("Para ver", "Para descobrir", "Para conhecer", "Para explorar", "Para observar",
         "Para olhar"),
        ("de perto", "em detalhe", "com calma", "aqui mesmo", "a fundo", "sem pressa"),
        "Ver produto", "Ver detalhes", "Disponível",
    ),
    "pl": Wording(
        "Poznaj: {}",
        ("Zobacz: {}", "Oto {}", "{} z bliska", "Odkryj: {}", "{} w szczegółach"),
        ("Marka {}", "Poznaj: {}", "Odkryj: {}", "{} z bliska", "Zobacz: {}"),
        ("Cena: {}", "Za {}", "W cenie {}"),
        ("Zobacz z bliska", "Wszystkie szczegóły", "Na pierwszy rzut oka", "Poznaj bliżej",
         "Odkryj więcej", "Dowiedz się więcej", "Zobacz na własne oczy", "Rzuć okiem",
         "Z bliska", "Zobacz więcej"),
        ("Zobacz", "Obejrzyj", "Odkryj", "Poznaj", "Sprawdź", "Przyjrzyj się"),
        ("z bliska", "w szczegółach", "na spokojnie", "tutaj", "bez pośpiechu",
         "ze wszystkich stron"),
        "Zobacz produkt", "Zobacz szczegóły", "W magazynie",
    ),
    "sv": Wording(
        "Upptäck {}",
        ("Se {}", "{} i detalj", "{} på nära håll", "Här: {}", "Lär känna {}"),
        ("Från {}", "Upptäck {}", "{} i detalj", "{} på nära håll", "Här: {}"),
        ("För {}", "Din för {}", "Priset: {}"),
        ("Titta närmare", "Alla detaljer", "I en överblick", "Lär känna den", "Att upptäcka",
         "Läs mer", "Se själv", "Ta en titt", "På nära håll", "Här är den"),
        ("Se den", "Upptäck den", "Utforska den", "Granska den", "Betrakta den", "Titta på den"),
        ("på nära håll", "i detalj", "i lugn och ro", "här", "från alla sidor", "i din egen takt"),
        "Se produkten", "Se detaljer", "I lager",
    ),
    "da": Wording(
        "Oplev {}",
        ("Se {}", "{} i detaljer", "{} tæt på", "Her: {}", "Mød {}"),
        ("Fra {}", "Oplev {}", "{} i detaljer", "{} tæt på", "Her: {}"),
        ("For {}", "Din for {}", "Prisen: {}"),
        ("Se nærmere", "Alle detaljer", "Med ét blik", "Lær den at kende", "Gå på opdagelse",
         "Læs mere", "Se selv", "Tag et kig", "Tæt på", "Her er den"),
        ("Se den", "Oplev den", "Udforsk den", "Kig på den", "Opdag den", "Betragt den"),
        ("tæt på", "i detaljer", "i ro og mag", "her", "fra alle sider", "i dit eget tempo"),
        "Se produktet", "Se detaljer", "På lager",
    ),
}  # fmt: skip

# Around a page's words in another language English ones would be out of place.
ELSEWHERE = replace(WORDINGS["en"], meet="", titled=(), makers=("{}",), costs=("{}",))
