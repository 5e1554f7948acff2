"""Compressed tables."""

import struct
import zlib

TABLE = b"group,n\na,12\nb,31\n"
FHCRC, FEXTRA, FNAME, FCOMMENT, RESERVED = 2, 4, 8, 16, 32


def member(content, flags=0, more=b"", checksum=None, size=None):
    packer = zlib.compressobj(9, wbits=-15)
    body = packer.compress(content) + packer.flush()
    head = struct.pack("<BBBBIBB", 0x1F, 0x8B, 8, flags, 0, 0, 255)
    checksum = zlib.crc32(content) if checksum is None else checksum
    size = len(content) if size is None else size
    return head + more + body + struct.pack("<II", checksum, size & 0xFFFFFFFF)


def files():
    whole = member(TABLE)
    yield "plain", whole
    yield "two-members", whole + member(b"c,4711\n")
    yield "empty-member-behind", whole + member(b"")
    yield "text-behind", whole + b"patient 4711"
    yield "zeros-behind", whole + bytes(512)
    yield "bomb", member(b"group,n\n" + b"a,12\n" * 4_000_000)
    yield "nested", member(whole)
    yield "comment", member(TABLE, FCOMMENT, b"patient 4711\0")
    yield "extra", member(TABLE, FEXTRA, struct.pack("<H", 16) + b"PA\x0c\0patient 4711")
    yield "long-name", member(TABLE, FNAME, b"patient 4711 " * 100 + b"\0")
    yield "reserved-flag", member(TABLE, RESERVED)
    yield "other-method", whole[:2] + b"\x07" + whole[3:]
    yield "wrong-checksum", member(TABLE, checksum=0x4711)
    yield "wrong-size", member(TABLE, size=4711)
    yield "cut", whole[:-9]
    yield "forbidden-column", member(b"patient_id,n\n4711,12\n")
    yield "semicolons", member(b"group;n\na;12\n")
    yield "control", member(b"group,n\n\x1b[8ma,12\n")
