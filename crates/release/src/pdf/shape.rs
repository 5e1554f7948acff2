//! What a PDF may say, by the kind of its objects: keys that show something, and no others.

/// What a value must be.
pub(super) enum Kind {
    Number,
    Bool,
    /// One of these names.
    Name(&'static [&'static str]),
    /// A name that programs make up.
    AnyName,
    /// Numbers, and arrays of them.
    Numbers,
    /// An array of names, or one.
    Names,
    /// Names and numbers.
    Differences,
    /// A short text of letters, digits and spaces.
    Family,
    /// `(/a/b)`: the glyphs of a font.
    CharSet,
    /// `(en-US)`.
    Language,
    /// The bytes of a font's style.
    Style,
    /// A reference to what is reached on another way, if it is there.
    Link,
    /// Numbers, and references to links or lists of them.
    Links,
    /// What other code looks at.
    Elsewhere,
    /// Nothing, or an array of nothing.
    Empty,
    /// A place in the document.
    Destination,
    ColourSpace,
    Is(&'static Shape),
    /// Each value of a dictionary with names that programs make up.
    Each(&'static Kind),
    /// One, or an array of them.
    Some(&'static Kind),
    /// One of them, by its type: a name, a dictionary.
    NameOr(&'static [&'static str], &'static Kind),
    /// A number or another.
    NumberOr(&'static Kind),
}

/// What a stream is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Use {
    /// It may have none.
    None,
    Form,
    Tile,
    Glyph,
    Image,
    Type1,
    TrueType,
    Compact,
    ToUnicode,
    Glyphs,
    Function,
    Mesh,
    Profile,
}

/// A dictionary, and its stream.
pub(super) struct Shape {
    pub(super) name: &'static str,
    pub(super) stream: Use,
    pub(super) keys: &'static [(&'static str, Kind)],
}

use Kind::{
    AnyName, Bool, CharSet, ColourSpace, Destination, Differences, Each, Elsewhere, Empty, Family,
    Is, Language, Link, Links, Name, NameOr, Names, Number, NumberOr, Numbers, Style,
};

const fn shape(name: &'static str, stream: Use, keys: &'static [(&'static str, Kind)]) -> Shape {
    Shape { name, stream, keys }
}

pub(super) static CATALOG: Shape = shape(
    "catalog",
    Use::None,
    &[
        ("Type", Name(&["Catalog"])),
        ("Version", Name(&["1.4", "1.5", "1.6", "1.7", "2.0"])),
        // The pages are walked by themselves.
        ("Pages", Elsewhere),
        ("OpenAction", Destination),
        ("Lang", Language),
        (
            "PageLayout",
            Name(&[
                "SinglePage",
                "OneColumn",
                "TwoColumnLeft",
                "TwoColumnRight",
                "TwoPageLeft",
                "TwoPageRight",
            ]),
        ),
        ("PageMode", Name(&["UseNone", "UseOutlines", "UseThumbs", "FullScreen"])),
        (
            "ViewerPreferences",
            Is(&shape(
                "preferences",
                Use::None,
                &[
                    ("HideToolbar", Bool),
                    ("HideMenubar", Bool),
                    ("HideWindowUI", Bool),
                    ("FitWindow", Bool),
                    ("CenterWindow", Bool),
                    ("DisplayDocTitle", Bool),
                    ("Direction", Name(&["L2R", "R2L"])),
                    ("PrintScaling", Name(&["None", "AppDefault"])),
                ],
            )),
        ),
        (
            "MarkInfo",
            Is(&shape(
                "marks",
                Use::None,
                &[("Marked", Bool), ("Suspects", Bool), ("UserProperties", Bool)],
            )),
        ),
        ("StructTreeRoot", Is(&STRUCTURE)),
        (
            "PageLabels",
            Is(&shape("page labels", Use::None, &[("Nums", Kind::Some(&NumberOr(&Is(&LABEL))))])),
        ),
        (
            "Outlines",
            Is(&shape("outlines", Use::None, &[("Type", Name(&["Outlines"])), ("Count", Number)])),
        ),
        ("Names", Is(&shape("names", Use::None, &[]))),
    ],
);

static LABEL: Shape = shape(
    "page label",
    Use::None,
    &[("Type", Name(&["PageLabel"])), ("S", Name(&["D", "R", "r", "A", "a"])), ("St", Number)],
);

pub(super) static PAGES: Shape = shape(
    "pages",
    Use::None,
    &[
        ("Type", Name(&["Pages"])),
        ("Kids", Elsewhere),
        ("Count", Number),
        ("Parent", Link),
        ("MediaBox", Numbers),
        ("CropBox", Numbers),
        ("Rotate", Number),
        ("Resources", Is(&RESOURCES)),
        ("ProcSet", Names),
    ],
);

pub(super) static PAGE: Shape = shape(
    "page",
    Use::None,
    &[
        ("Type", Name(&["Page"])),
        ("Parent", Link),
        ("MediaBox", Numbers),
        ("CropBox", Numbers),
        ("TrimBox", Numbers),
        ("BleedBox", Numbers),
        ("ArtBox", Numbers),
        ("Rotate", Number),
        ("Resources", Is(&RESOURCES)),
        // They are drawn by themselves.
        ("Contents", Elsewhere),
        ("Group", Is(&GROUP)),
        ("Annots", Empty),
        ("StructParents", Number),
        ("Tabs", Name(&["R", "C", "S"])),
    ],
);

static GROUP: Shape = shape(
    "group",
    Use::None,
    &[
        ("Type", Name(&["Group"])),
        ("S", Name(&["Transparency"])),
        ("CS", ColourSpace),
        ("I", Bool),
        ("K", Bool),
    ],
);

pub(super) static RESOURCES: Shape = shape(
    "resources",
    Use::None,
    &[
        ("ProcSet", Names),
        // Matplotlib's hatches.
        ("Procsets", Names),
        ("Font", Each(&Is(&FONT))),
        ("XObject", Each(&Is(&XOBJECT))),
        ("ExtGState", Each(&Is(&STATE))),
        ("Pattern", Each(&Is(&PATTERN))),
        ("Shading", Each(&Is(&SHADING))),
        ("ColorSpace", Each(&ColourSpace)),
        ("Properties", Each(&Is(&PROPERTIES))),
    ],
);

pub(super) static PROPERTIES: Shape = shape(
    "marked content",
    Use::None,
    &[
        ("MCID", Number),
        ("Type", Name(&["Pagination", "Layout", "Page", "Background"])),
        ("Subtype", Name(&["Header", "Footer", "Watermark"])),
        ("BBox", Numbers),
        ("Attached", Names),
        ("Lang", Language),
    ],
);

/// Those whose /Subtype is /Form are held to [`FORM`].
pub(super) static XOBJECT: Shape = shape(
    "picture",
    Use::Image,
    &[
        ("Type", Name(&["XObject"])),
        ("Subtype", Name(&["Image"])),
        ("Name", AnyName),
        ("Width", Number),
        ("Height", Number),
        ("BitsPerComponent", Number),
        ("ColorSpace", ColourSpace),
        ("ImageMask", Bool),
        ("Decode", Numbers),
        ("Interpolate", Bool),
        ("SMask", Is(&XOBJECT)),
        (
            "Intent",
            Name(&["Perceptual", "RelativeColorimetric", "Saturation", "AbsoluteColorimetric"]),
        ),
        ("Length", Elsewhere),
        ("Filter", Names),
        ("DecodeParms", Elsewhere),
    ],
);

pub(super) static FORM: Shape = shape(
    "form",
    Use::Form,
    &[
        ("Type", Name(&["XObject"])),
        ("Subtype", Name(&["Form"])),
        ("FormType", Number),
        ("Name", AnyName),
        ("BBox", Numbers),
        ("Matrix", Numbers),
        ("Resources", Is(&RESOURCES)),
        ("Group", Is(&GROUP)),
        ("StructParents", Number),
        ("StructParent", Number),
        ("Length", Elsewhere),
        ("Filter", Names),
        ("DecodeParms", Elsewhere),
    ],
);

/// Tiles are streams, gradients are none.
pub(super) static PATTERN: Shape = shape(
    "pattern",
    Use::Tile,
    &[
        ("Type", Name(&["Pattern"])),
        ("PatternType", Number),
        ("PaintType", Number),
        ("TilingType", Number),
        ("BBox", Numbers),
        ("XStep", Number),
        ("YStep", Number),
        ("Matrix", Numbers),
        ("Resources", Is(&RESOURCES)),
        ("Shading", Is(&SHADING)),
        ("ExtGState", Is(&STATE)),
        ("Length", Elsewhere),
        ("Filter", Names),
        ("DecodeParms", Elsewhere),
    ],
);

static SHADING: Shape = shape(
    "shading",
    Use::Mesh,
    &[
        ("ShadingType", Number),
        ("ColorSpace", ColourSpace),
        ("Background", Numbers),
        ("BBox", Numbers),
        ("AntiAlias", Bool),
        ("Coords", Numbers),
        ("Domain", Numbers),
        ("Matrix", Numbers),
        ("Extend", Kind::Some(&Bool)),
        ("Function", Kind::Some(&Is(&FUNCTION))),
        ("BitsPerCoordinate", Number),
        ("BitsPerComponent", Number),
        ("BitsPerFlag", Number),
        ("VerticesPerRow", Number),
        ("Decode", Numbers),
        ("Length", Elsewhere),
        ("Filter", Names),
        ("DecodeParms", Elsewhere),
    ],
);

pub(super) static FUNCTION: Shape = shape(
    "function",
    Use::Function,
    &[
        ("FunctionType", Number),
        ("Domain", Numbers),
        ("Range", Numbers),
        ("C0", Numbers),
        ("C1", Numbers),
        ("N", Number),
        ("Functions", Kind::Some(&Is(&FUNCTION))),
        ("Bounds", Numbers),
        ("Encode", Numbers),
        ("Decode", Numbers),
        ("Size", Numbers),
        ("BitsPerSample", Number),
        ("Order", Number),
        ("Length", Elsewhere),
        ("Filter", Names),
        ("DecodeParms", Elsewhere),
    ],
);

static STATE: Shape = shape(
    "graphics state",
    Use::None,
    &[
        ("Type", Name(&["ExtGState"])),
        ("CA", Number),
        ("ca", Number),
        ("BM", Names),
        ("SMask", NameOr(&["None"], &Is(&SOFT_MASK))),
        ("AIS", Bool),
        ("TK", Bool),
        ("SA", Bool),
        ("OP", Bool),
        ("op", Bool),
        ("OPM", Number),
        ("LW", Number),
        ("LC", Number),
        ("LJ", Number),
        ("ML", Number),
        ("D", Numbers),
        ("FL", Number),
        ("SM", Number),
        ("RI", Name(&["Perceptual", "RelativeColorimetric", "Saturation", "AbsoluteColorimetric"])),
        ("TR", Name(&["Identity", "Default"])),
        ("TR2", Name(&["Identity", "Default"])),
        ("BG2", Name(&["Default"])),
        ("UCR2", Name(&["Default"])),
        ("HT", Name(&["Default"])),
    ],
);

static SOFT_MASK: Shape = shape(
    "mask",
    Use::None,
    &[
        ("Type", Name(&["Mask"])),
        ("S", Name(&["Alpha", "Luminosity"])),
        ("G", Is(&XOBJECT)),
        ("BC", Numbers),
        ("TR", NameOr(&["Identity"], &Is(&FUNCTION))),
    ],
);

static FONT: Shape = shape(
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

static STRUCTURE: Shape = shape(
    "structure",
    Use::None,
    &[
        ("Type", Name(&["StructTreeRoot"])),
        ("K", Kind::Some(&NumberOr(&Is(&ELEMENT)))),
        ("ParentTree", Is(&PARENTS)),
        ("ParentTreeNextKey", Number),
        ("RoleMap", Each(&AnyName)),
    ],
);

static PARENTS: Shape = shape(
    "parents",
    Use::None,
    &[("Nums", Links), ("Limits", Numbers), ("Kids", Kind::Some(&Is(&PARENTS)))],
);

static ELEMENT: Shape = shape(
    "element",
    Use::None,
    &[
        ("Type", Name(&["StructElem", "MCR", "OBJR"])),
        ("S", AnyName),
        ("P", Link),
        ("Pg", Link),
        ("K", Kind::Some(&NumberOr(&Is(&ELEMENT)))),
        ("MCID", Number),
        ("Stm", Link),
        ("Obj", Link),
        ("Lang", Language),
        (
            "A",
            Kind::Some(&Is(&shape(
                "attributes",
                Use::None,
                &[
                    ("O", Name(&["Layout", "List", "Table", "PrintField"])),
                    ("Placement", Name(&["Block", "Inline", "Before", "Start", "End"])),
                    ("WritingMode", Name(&["LrTb", "RlTb", "TbRl"])),
                    ("BBox", Numbers),
                    ("Width", NameOr(&["Auto"], &Number)),
                    ("Height", NameOr(&["Auto"], &Number)),
                    ("SpaceBefore", Number),
                    ("SpaceAfter", Number),
                    ("StartIndent", Number),
                    ("EndIndent", Number),
                    ("TextIndent", Number),
                    ("LineHeight", NameOr(&["Normal", "Auto"], &Number)),
                    ("BaselineShift", Number),
                    ("Color", Numbers),
                    ("BackgroundColor", Numbers),
                    ("TextDecorationType", Name(&["None", "Underline", "Overline", "LineThrough"])),
                    ("TextAlign", Name(&["Start", "Center", "End", "Justify"])),
                    ("Scope", Name(&["Row", "Column", "Both"])),
                    ("RowSpan", Number),
                    ("ColSpan", Number),
                    (
                        "ListNumbering",
                        Name(&[
                            "None",
                            "Disc",
                            "Circle",
                            "Square",
                            "Decimal",
                            "UpperRoman",
                            "LowerRoman",
                            "UpperAlpha",
                            "LowerAlpha",
                        ]),
                    ),
                ],
            ))),
        ),
    ],
);

pub(super) static PROFILE: Shape = shape(
    "colour profile",
    Use::Profile,
    &[
        ("N", Number),
        ("Alternate", ColourSpace),
        ("Range", Numbers),
        ("Length", Elsewhere),
        ("Filter", Names),
        ("DecodeParms", Elsewhere),
    ],
);

pub(super) static CALIBRATION: Shape = shape(
    "colour space",
    Use::None,
    &[
        ("WhitePoint", Numbers),
        ("BlackPoint", Numbers),
        ("Gamma", Numbers),
        ("Matrix", Numbers),
        ("Range", Numbers),
    ],
);
