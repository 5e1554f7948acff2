//! What content draws with.

use super::{
    Kind::{
        self, AnyName, Bool, ColourSpace, Each, Elsewhere, Is, Name, NameOr, Names, Number, Numbers,
    },
    Shape, Use,
    font::FONT,
    shape,
    structure::PROPERTIES,
};

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

pub(super) static GROUP: Shape = shape(
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

/// Those whose /Subtype is /Form are held to [`FORM`].
pub(in crate::pdf) static XOBJECT: Shape = shape(
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

pub(in crate::pdf) static FORM: Shape = shape(
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

pub(in crate::pdf) static FUNCTION: Shape = shape(
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
