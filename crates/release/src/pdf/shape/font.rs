//! Fonts, with their glyphs and programs.

use super::{
    Kind::{
        self, AnyName, CharSet, Differences, Each, Elsewhere, Family, Is, Name, NameOr, Names,
        Number, Numbers, Style,
    },
    Shape, Use,
    drawing::RESOURCES,
    shape,
};

pub(super) static FONT: Shape = shape(
    "font",
    Use::None,
    &[
        ("Type", Name(&["Font"])),
        ("Subtype", Name(&["Type0", "Type1", "MMType1", "Type3", "TrueType"])),
        ("Name", AnyName),
        ("BaseFont", AnyName),
        ("FirstChar", Number),
        ("LastChar", Number),
        ("Widths", Numbers),
        ("FontDescriptor", Is(&DESCRIPTOR)),
        (
            "Encoding",
            NameOr(
                &[
                    "WinAnsiEncoding",
                    "MacRomanEncoding",
                    "MacExpertEncoding",
                    "StandardEncoding",
                    "PDFDocEncoding",
                    "Identity-H",
                    "Identity-V",
                ],
                &Is(&shape(
                    "encoding",
                    Use::None,
                    &[
                        ("Type", Name(&["Encoding"])),
                        (
                            "BaseEncoding",
                            Name(&[
                                "WinAnsiEncoding",
                                "MacRomanEncoding",
                                "MacExpertEncoding",
                                "StandardEncoding",
                            ]),
                        ),
                        ("Differences", Differences),
                    ],
                )),
            ),
        ),
        (
            "ToUnicode",
            NameOr(
                &["Identity-H"],
                &Is(&shape(
                    "character map",
                    Use::ToUnicode,
                    &[
                        ("Type", Name(&["CMap"])),
                        ("WMode", Number),
                        ("CMapName", AnyName),
                        ("CIDSystemInfo", Is(&SYSTEM)),
                        ("Length", Elsewhere),
                        ("Filter", Names),
                        ("DecodeParms", Elsewhere),
                    ],
                )),
            ),
        ),
        ("DescendantFonts", Kind::Some(&Is(&CID_FONT))),
        ("FontBBox", Numbers),
        ("FontMatrix", Numbers),
        (
            "CharProcs",
            Each(&Is(&shape(
                "glyph",
                Use::Glyph,
                &[("Length", Elsewhere), ("Filter", Names), ("DecodeParms", Elsewhere)],
            ))),
        ),
        ("Resources", Is(&RESOURCES)),
    ],
);

static CID_FONT: Shape = shape(
    "font",
    Use::None,
    &[
        ("Type", Name(&["Font"])),
        ("Subtype", Name(&["CIDFontType0", "CIDFontType2"])),
        ("BaseFont", AnyName),
        ("CIDSystemInfo", Is(&SYSTEM)),
        ("FontDescriptor", Is(&DESCRIPTOR)),
        ("DW", Number),
        ("W", Numbers),
        ("DW2", Numbers),
        ("W2", Numbers),
        ("CIDToGIDMap", NameOr(&["Identity"], &Is(&GLYPHS))),
    ],
);

static SYSTEM: Shape = shape(
    "character collection",
    Use::None,
    &[("Registry", Family), ("Ordering", Family), ("Supplement", Number)],
);

static GLYPHS: Shape = shape(
    "list of glyphs",
    Use::Glyphs,
    &[("Length", Elsewhere), ("Filter", Names), ("DecodeParms", Elsewhere)],
);

static DESCRIPTOR: Shape = shape(
    "font descriptor",
    Use::None,
    &[
        ("Type", Name(&["FontDescriptor"])),
        ("FontName", AnyName),
        ("FontFamily", Family),
        ("FontStretch", AnyName),
        ("FontWeight", Number),
        ("Flags", Number),
        ("FontBBox", Numbers),
        ("ItalicAngle", Number),
        ("Ascent", Number),
        ("Descent", Number),
        ("Leading", Number),
        ("CapHeight", Number),
        ("XHeight", Number),
        ("StemV", Number),
        ("StemH", Number),
        ("AvgWidth", Number),
        ("MaxWidth", Number),
        ("MissingWidth", Number),
        ("CharSet", CharSet),
        ("CIDSet", Is(&GLYPHS)),
        ("Style", Is(&shape("style", Use::None, &[("Panose", Style)]))),
        ("FontFile", Is(&shape("font program", Use::Type1, PROGRAM))),
        ("FontFile2", Is(&shape("font program", Use::TrueType, PROGRAM))),
        ("FontFile3", Is(&shape("font program", Use::Compact, PROGRAM))),
    ],
);

static PROGRAM: &[(&str, Kind)] = &[
    ("Length1", Number),
    ("Length2", Number),
    ("Length3", Number),
    ("Subtype", Name(&["Type1C", "CIDFontType0C", "OpenType"])),
    ("Length", Elsewhere),
    ("Filter", Names),
    ("DecodeParms", Elsewhere),
];
