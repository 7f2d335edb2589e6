"""The checksum of our frames: CRC-32C (Castagnoli, RFC 3720 appendix B.4), as eight hex digits."""

import google_crc32c


def crc32c(data: bytes) -> str:
    """Return the CRC-32C of ``data`` as 8 lower case hex digits; of nothing it is ``00000000``."""
    return f"{google_crc32c.value(data):08x}"
