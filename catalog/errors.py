"""Why a page or a picture could not be used."""


class CatalogError(Exception):
    """Something is wrong with an address; the message is a sentence for a person."""

    def __init__(self, url: str, message: str) -> None:
        self.url = url
        super().__init__(message)

    def __reduce__(self) -> tuple[type["CatalogError"], tuple[str, str]]:
        return type(self), (self.url, str(self))


class AddressRefused(CatalogError):
    """The address leads to where the project does not go, such as a private network."""


class PageUnreachable(CatalogError):
    """No answer came, or one that says that the server is in trouble."""


class TooManyRedirects(PageUnreachable):
    """One redirect led to the next until there were too many."""


class RobotsUnreadable(PageUnreachable):
    """The host's robots.txt could not be read, and until it can its pages are left alone."""


class DisallowedByRobots(CatalogError):
    """The host's robots.txt asks programs such as this one to leave the address alone."""


class PageRefused(CatalogError):
    """The server answered that it will not show the page."""


class PageGone(CatalogError):
    """The server answered that there is no such page."""


class TooLarge(CatalogError):
    """More bytes or pixels than the settings allow."""


class BotWall(CatalogError):
    """The shop answered with a check for robots in place of the product."""


class NotAProductPage(CatalogError):
    """The page was read, and no product was found on it."""


class EmptyPage(NotAProductPage):
    """The page shows nothing without its scripts, or nothing at all."""


class ErrorPage(NotAProductPage):
    """The page says, under an address that answered, that there is nothing here."""


class LoginPage(NotAProductPage):
    """The shop shows its products to those who sign in."""


class ConsentWall(NotAProductPage):
    """The page asks for consent, an age or a country before it shows the product."""


class ListPage(NotAProductPage):
    """The page lists many products and is about none of them."""


class NoUsablePicture(CatalogError):
    """The page names no picture, or none of those that it names can be loaded."""


class PictureUnreadable(CatalogError):
    """The file is no picture of a kind that the project reads."""
