"""Documents: one page with two words, written by hand."""

import zlib
from pathlib import Path

TEXT = b"patient 4711 " * 20
PAGE = b"BT /F1 12 Tf 20 50 Td (n = 12) Tj ET"
FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def stream(content, more=b""):
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (more, len(content), content)


def document(*more, catalog=b"", page=b"", resources=b"", content=PAGE, font=FONT, trailer=b"", head=b"",
             tail=b""):
    """More objects have numbers from 6 on."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> %s >> %s >>" % (resources, page),
        content if content.startswith(b"<<") else stream(content),
        font,
        *more,
    ]
    out, places = head + b"%PDF-1.5\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    start, count = len(out), len(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % count
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (count, trailer, start)
    return out + tail


def hidden_in_objects(inside):
    """A document whose object 7 stands in an object stream, 6."""
    packed = stream(zlib.compress(b"7 0 " + inside), b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode")
    plain = document(packed, catalog=b"/OpenAction 7 0 R")
    at = plain.index(b"xref\n0 ")
    places = [0, *(plain.index(b"%d 0 obj" % number) for number in range(1, 7))]
    rows = b"\0" + bytes(4) + b"\xff\xff"
    rows += b"".join(b"\1" + place.to_bytes(4, "big") + b"\0\0" for place in places[1:])
    rows += b"\2" + (6).to_bytes(4, "big") + b"\0\0" + b"\1" + at.to_bytes(4, "big") + b"\0\0"
    table = stream(rows, b"/Type /XRef /Size 9 /W [1 4 2] /Root 1 0 R")
    return plain[:at] + b"8 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (table, at)


# What draws nothing, as often as it says something.
IDLE = {
    "paths": b"47 11 m 12 9 l n ",
    "rectangles": b"47 11 0 0 re f ",
    "widths": b"47 w 11 w ",
    "places": b"q 1 0 0 1 47 11 cm Q ",
    "marks": b"/Span BMC EMC ",
    "texts": b"BT 47 11 Td () Tj ET ",
    "pairs": b"q Q ",
    "glyphs": b"47 11 d0 ",
}


# The same in a path that has one line.
IDLE_PARTS = {
    "moves": b"47 11 m ",
    "parts": b"47 11 0 0 re ",
}


def idle(content, end=b"", more=(), **rest):
    packed = zlib.compress(PAGE + b" " + content * 5000 + end)
    return document(*more, content=stream(packed, b"/Filter /FlateDecode"), **rest)


def idle_form(content):
    form = stream(content, b"/Type /XObject /Subtype /Form /BBox [0 0 100 100]")
    return idle(b"/X Do ", more=[form], resources=b"/XObject << /X 6 0 R >>")


def files():
    script = b"<< /S /JavaScript /JS (app.alert(1)) >>"
    annotation = b"<< /Type /Annot /Rect [0 0 9 9] %s >>"
    plain = document()
    yield "plain", plain
    yield "packed", document(content=stream(zlib.compress(PAGE), b"/Filter /FlateDecode"))
    yield "name-in-stream", document(content=PAGE.replace(b"n = 12", b"n /JS /AA /OpenAction 12"))
    for name, content in IDLE.items():
        yield f"idle-{name}", idle(content)
    for name, content in IDLE_PARTS.items():
        yield f"idle-{name}", idle(content, b"1 1 m 9 9 l S")
    yield "drawn-parts", idle(b"47 11 m 12 9 l 4 7 1 1 re ", b"S")
    yield "idle-forms", idle_form(b"1 w")
    yield "drawn-forms", idle_form(b"1 1 m 9 9 l S")
    yield "drawn", idle(b"1 w 1 0 0 rg 4 7 1 1 re f ")
    yield "script", document(script, catalog=b"/OpenAction 6 0 R")
    yield "script-spelled", document(b"<< /S /J#61vaScript /J#53 (app.alert(1)) >>",
                                     catalog=b"/Open#41ction 6 0 R")
    yield "script-in-names", document(script, catalog=b"/Names << /JavaScript << /Names [(a) 6 0 R] >> >>")
    yield "script-in-object-stream", hidden_in_objects(script)
    yield "script-on-page", document(script, page=b"/AA << /O 6 0 R >>")
    yield "link", document(annotation % b"/Subtype /Link /A << /S /URI /URI (https://www.example.org) >>",
                           page=b"/Annots [6 0 R]")
    yield "launch", document(b"<< /S /Launch /F (cmd.exe) >>", catalog=b"/OpenAction 6 0 R")
    yield "submit", document(b"<< /S /SubmitForm /F (https://www.example.org) >>", page=b"/AA << /O 6 0 R >>")
    yield "form", document(catalog=b"/AcroForm << /Fields [] >>")
    yield "title", document(b"<< /Title (patient 4711) >>", trailer=b"/Info 6 0 R")
    yield "own-info", document(b"<< /Patient (4711) >>", trailer=b"/Info 6 0 R")
    yield "producer", document(b"<< /Producer (Matplotlib pdf backend v3.11.2) >>", trailer=b"/Info 6 0 R")
    yield "text-as-producer", document(b"<< /Producer (%s) >>" % TEXT, trailer=b"/Info 6 0 R")
    yield "xmp", document(stream(b"<x:xmpmeta>%s</x:xmpmeta>" % TEXT, b"/Type /Metadata /Subtype /XML"),
                          catalog=b"/Metadata 6 0 R")
    yield "update", plain + b"4 0 obj\n%s\nendobj\n" % stream(PAGE) + plain[plain.index(b"xref\n0 "):]
    yield "note", document(annotation % b"/Subtype /Text /Contents (patient 4711)", page=b"/Annots [6 0 R]")
    yield "private-data", document(page=b"/PieceInfo << /App << /Private (%s) >> >>" % TEXT)
    yield "unknown-key", document(page=b"/Patient (%s)" % TEXT)
    yield "unused-stream", document(stream(TEXT))
    yield "unused-text", document(b"(%s)" % TEXT)
    yield "unused-picture", document(
        stream(b"\0" * 4, b"/Type /XObject /Subtype /Image /Width 2 /Height 2 /ColorSpace /DeviceGray"
                          b" /BitsPerComponent 8"), resources=b"/XObject << /X 6 0 R >>")
    yield "used-picture", document(
        stream(b"\0" * 4, b"/Type /XObject /Subtype /Image /Width 2 /Height 2 /ColorSpace /DeviceGray"
                          b" /BitsPerComponent 8"), resources=b"/XObject << /X 6 0 R >>",
        content=PAGE + b" q 9 0 0 9 0 0 cm /X Do Q")
    layer = b"<< /Type /OCG /Name (patients) >>"
    yield "layer", document(
        layer, catalog=b"/OCProperties << /OCGs [6 0 R] /D << /OFF [6 0 R] >> >>",
        resources=b"/Properties << /L 6 0 R >>", content=b"/OC /L BDC " + PAGE + b" EMC")
    photo = (Path(__file__).parent.parent / "real/Pillow/exif.jpg").read_bytes()
    clean = (Path(__file__).parent.parent / "real/Pillow/plain.jpg").read_bytes()
    for name, jpeg in [("photo-with-exif", photo), ("photo", clean)]:
        width, height = (jpeg[jpeg.index(b"\xff\xc0") + at:][:2] for at in (7, 5))
        image = b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB" \
                b" /BitsPerComponent 8 /Filter /DCTDecode" % (
                    int.from_bytes(width, "big"), int.from_bytes(height, "big"))
        yield name, document(stream(jpeg, image), resources=b"/XObject << /X 6 0 R >>",
                             content=PAGE + b" q 90 0 0 60 0 0 cm /X Do Q")
    picture = b"/Type /XObject /Subtype /Image /Width 200 /Height 200 /ColorSpace /DeviceGray /BitsPerComponent 8"
    for name, side in [("tiny-picture", b"6"), ("small-picture", b"60")]:
        yield name, document(
            stream(zlib.compress(bytes(40000)), picture + b" /Filter /FlateDecode"),
            resources=b"/XObject << /X 6 0 R >>", content=PAGE + b" q %s 0 0 %s 9 9 cm /X Do Q" % (side, side))
    for name, tag in [("text-as-mark", b"Patient4711"), ("mark", b"Artifact")]:
        yield name, document(content=b"/%s BMC %s EMC" % (tag, PAGE))
    for name, glyph in [("empty-glyphs", b"600 0 0 0 600 600 d1"),
                        ("own-glyphs", b"600 0 0 0 600 600 d1 0 0 600 600 re f")]:
        font = (b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1000 1000] /FontMatrix [0.001 0 0 0.001 0 0]"
                b" /CharProcs << /a 6 0 R >> /Encoding << /Type /Encoding /Differences [32 %s] >> /FirstChar 32"
                b" /LastChar 126 /Widths [%s] /Resources << >> >>" % (b"/a " * 95, b"600 " * 95))
        yield name, document(stream(glyph), font=font)
    yield "stream-elsewhere", document(content=stream(b"", b"/F (/etc/hostname)"))
    yield "attached", document(
        stream(TEXT, b"/Type /EmbeddedFile"), b"<< /Type /Filespec /F (a.txt) /EF << /F 6 0 R >> >>",
        catalog=b"/Names << /EmbeddedFiles << /Names [(a.txt) 7 0 R] >> >>")
    yield "encrypted", document(b"<< /Filter /Standard /V 1 /R 2 /O (x) /U (x) /P -1 >>",
                                trailer=b"/Encrypt 6 0 R")
    yield "text-behind-end", document(tail=TEXT)
    yield "text-before", document(head=TEXT)
    yield "comments", plain.replace(b"xref\n0 ", b"%" + TEXT + b"\nxref\n0 ", 1)
    yield "between-objects", plain.replace(b"2 0 obj", TEXT + b"\n2 0 obj", 1)
    yield "longer-than-said", plain.replace(b"(n = 12) Tj ET", b"(n = 12) Tj ET\n" + TEXT, 1)
    yield "invisible-words", document(content=b"BT 3 Tr /F1 12 Tf 20 50 Td (patient 4711) Tj ET")
    yield "words-outside", document(content=b"BT /F1 12 Tf 2000 5000 Td (patient 4711) Tj ET")
    yield "comment-in-content", document(content=PAGE + b" %" + TEXT)
    yield "identifier", document(trailer=b"/ID [(%s) (%s)]" % (TEXT, TEXT))
    bomb = zlib.compress(zlib.compress(bytes(40_000_000)))
    yield "bomb", document(content=stream(bomb, b"/Filter [/FlateDecode /FlateDecode]"))
    yield "page-of-itself", plain.replace(b"/Kids [3 0 R]", b"/Kids [2 0 R]")
    deep = b"[" * 20000 + b"]" * 20000
    yield "deep", document(page=b"/Rotate 0 /X %s" % deep)
    yield "cut", plain[:-40]
    yield "thumbnail", document(stream(b"\0" * 4, b"/Width 2 /Height 2 /ColorSpace /DeviceGray"
                                                   b" /BitsPerComponent 8"), page=b"/Thumb 6 0 R")
