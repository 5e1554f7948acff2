"""Pictures as JPEG, made of one that Pillow wrote."""

from pathlib import Path

PLAIN = (Path(__file__).parent.parent / "real/Pillow/grey.jpg").read_bytes()
TEXT = b"patient 4711 " * 20
SOI, EOI = b"\xff\xd8", b"\xff\xd9"


def segment(marker, data):
    return bytes([0xFF, marker]) + (len(data) + 2).to_bytes(2, "big") + data


def segments():
    """The segments before the scan, and what follows."""
    at, found = 2, []
    while PLAIN[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(PLAIN[at + 2:at + 4], "big")
        found.append(PLAIN[at:end])
        at = end
    return found, PLAIN[at:]


def with_segment(marker, data):
    (jfif, *rest), scan = segments()
    return SOI + jfif + segment(marker, data) + b"".join(rest) + scan


def files():
    (jfif, *rest), scan = segments()
    tables = b"".join(rest)
    yield "plain", PLAIN
    yield "exif", with_segment(0xE1, b"Exif\0\0" + TEXT)
    yield "xmp", with_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + TEXT)
    yield "profile", with_segment(0xE2, b"ICC_PROFILE\0\1\1" + TEXT)
    yield "more-pictures", with_segment(0xE2, b"MPF\0" + TEXT)
    yield "iptc", with_segment(0xED, b"Photoshop 3.0\x008BIM" + TEXT)
    yield "own-segment", with_segment(0xEB, TEXT)
    yield "adobe", with_segment(0xEE, b"Adobe" + TEXT)
    yield "comment", with_segment(0xFE, TEXT)
    yield "text-behind-end", PLAIN + TEXT
    yield "picture-behind-end", PLAIN + PLAIN
    small = b"JFIF\0\1\1\0\0\1\0\1" + bytes([3, 3]) + b"patient 4711 patient 4711 pa"[:27]
    yield "thumbnail", SOI + segment(0xE0, small) + tables + scan
    yield "text-in-jfif", SOI + segment(0xE0, jfif[4:] + TEXT) + tables + scan
    yield "second-jfif", SOI + jfif + segment(0xE0, b"JFXX\0\x10" + TEXT) + tables + scan
    yield "unused-table", with_segment(0xDB, b"\3" + TEXT[:64])
    yield "second-table", SOI + jfif + segment(0xDB, b"\0" + TEXT[:64]) + tables + scan
    yield "unused-codes", with_segment(0xC4, b"\x13" + bytes([0] * 7 + [200] + [0] * 8) + TEXT[:200])
    yield "text-between", SOI + jfif + TEXT + tables + scan
    yield "text-in-scan", PLAIN[:-2] + b"\xff\xd0" + TEXT + EOI
    yield "text-behind-scan", PLAIN[:-2] + segment(0xFE, TEXT) + EOI
    yield "filler", SOI + jfif + b"\xff" * 500 + tables + scan
    size = tables.index(b"\xff\xc0") + 5
    yield "huge", SOI + jfif + tables[:size] + b"\xff\xff\xff\xff" + tables[size + 4:] + scan
    yield "no-end", PLAIN[:-2]
    yield "cut", PLAIN[:len(PLAIN) // 2]
    yield "text-before", TEXT + PLAIN
