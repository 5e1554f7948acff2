"""Pictures as PNG."""

import struct
import zlib

TEXT = b"patient 4711 " * 20


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width, height, depth=8, colour=0, interlaced=0):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))


def picture(*chunks, head=header(2, 2), tail=b""):
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IEND", b"") + tail


def pixels(rows, behind=b""):
    return chunk(b"IDAT", zlib.compress(rows) + behind)


def files():
    rows = b"\0\1\2\0\3\4"
    idat = pixels(rows)
    yield "plain", picture(idat)
    for kind in [b"pHYs", b"hIST", b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME", b"sBIT", b"bKGD", b"gAMA",
                 b"cHRM", b"iCCP", b"sPLT", b"tRNS", b"prVt", b"acTL"]:
        yield f"text-in-{kind.decode()}", picture(chunk(kind, TEXT), idat)
    yield "density", picture(chunk(b"pHYs", struct.pack(">IIB", 3937, 3937, 1)), idat)
    yield "odd-density", picture(chunk(b"pHYs", b"47114711\1"), idat)
    yield "text-behind-end", picture(idat, tail=TEXT)
    yield "picture-behind-end", picture(idat, tail=picture(idat))
    yield "text-in-end", b"\x89PNG\r\n\x1a\n" + header(2, 2) + idat + chunk(b"IEND", TEXT)
    yield "text-behind-stream", picture(pixels(rows, TEXT))
    yield "text-in-chunk-behind-stream", picture(idat, chunk(b"IDAT", TEXT))
    yield "lines-behind-last", picture(pixels(rows + b"\0" + TEXT))
    yield "too-few-lines", picture(pixels(rows[:3]))
    yield "huge", picture(pixels(bytes(1000)), head=header(1 << 15, 1 << 15))
    yield "wide", picture(pixels(bytes(1000)), head=header((1 << 31) - 1, 1))
    yield "bomb", picture(pixels(bytes(20_000_000)), head=header(1, 1))
    yield "wrong-checksum", picture(idat[:-1] + bytes([idat[-1] ^ 1]))
    yield "no-pixels", picture()
    yield "chunk-behind-pixels", picture(idat, chunk(b"gAMA", struct.pack(">I", 45455)))
    yield "two-headers", picture(header(2, 2), idat)
    yield "interlaced", picture(idat, head=header(2, 2, interlaced=1))
    clear = header(2, 1, colour=6)
    yield "clear", picture(pixels(b"\0abc\xffdef\xff"), head=clear)
    yield "behind-clear", picture(pixels(b"\0abc\0def\0"), head=clear)
    palette = header(2, 1, colour=3)
    colours = chunk(b"PLTE", b"\0\0\0\xff\xff\xff")
    yield "palette", picture(colours, pixels(b"\0\0\1"), head=palette)
    yield "unused-colours", picture(chunk(b"PLTE", b"\0\0\0\xff\xff\xff" + TEXT[:240]), pixels(b"\0\0\1"),
                                    head=palette)
    yield "no-such-colour", picture(colours, pixels(b"\0\0\2"), head=palette)
    yield "spare-bits", picture(pixels(b"\0\x81"), head=header(1, 1, depth=1))
    yield "one-bit", picture(pixels(b"\0\x80"), head=header(1, 1, depth=1))
    yield "unknown-filter", picture(pixels(b"\5\1\2\0\3\4"))
