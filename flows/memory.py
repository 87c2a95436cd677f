"""How the flow process gives memory back."""

import ctypes

_M_MMAP_THRESHOLD = -3  # from glibc's malloc.h
_LARGE = 1 << 17  # bytes


def give_back_large_buffers() -> bool:
    """Have buffers of 128 KB and more go back to the system when they are freed.

    That is where glibc begins. Left alone, it raises the bound to 32 MB as such buffers are freed,
    and keeps the files and pixels of finished pictures in every thread that has held one. Returns
    whether the system's C library took it; one that is not glibc (macOS, musl) has no such setting
    and is left as it is. See mallopt(3).
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _LARGE))
