"""Which generator the settings ask for."""

from creative.brief import Generator
from creative.encoding import DigitalSource, Origin
from creative.local import LocalGenerator
from settings import Settings, get_settings


def get_generator(settings: Settings | None = None) -> Generator:
    """The generator in use: Gemini when it is asked for or its key is set, else the embedded one.

    Raises:
        GeneratorRefused: Gemini is asked for and no key is set.
    """
    settings = settings or get_settings()
    if settings.generator_name == "local":
        return LocalGenerator()
    # The SDK takes seconds to import, and only those who use it should wait for it.
    from creative.gemini import GeminiGenerator

    return GeminiGenerator(settings)


def origin_of(settings: Settings) -> Origin:
    """What the backgrounds of the generator in use say of how they came to be."""
    if settings.generator_name == "local":
        return Origin(DigitalSource.COMPOSITE, "cta-previews, embedded generator")
    tool = f"cta-previews, Gemini ({settings.gemini_image_model})"
    return Origin(DigitalSource.COMPOSITE_WITH_GENERATED_MEDIA, tool)
