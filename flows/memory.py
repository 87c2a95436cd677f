"""How the flow process gives memory back."""

import ctypes

_M_MMAP_THRESHOLD = -3  # from glibc's malloc.h
_LARGE = 1 << 20  # bytes


def give_back_large_buffers() -> bool:
    """Have buffers of a megabyte and more go back to the system when they are freed.

    Left alone, glibc raises that bound to 32 MB as such buffers are freed, and keeps the pixels
    of finished pictures in every thread that has made one. Returns whether the system's C library
    took it; one that is not glibc (macOS, musl) has no such setting and is left as it is. See
    mallopt(3).
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _LARGE))
