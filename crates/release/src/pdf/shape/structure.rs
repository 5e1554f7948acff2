//! Marks that say what a part of a page is, and show nothing.

use super::{
    Kind::{
        self, AnyName, Each, Is, Language, Link, Links, Name, NameOr, Names, Number, NumberOr,
        Numbers,
    },
    Shape, Use, shape,
};

pub(in crate::pdf) static PROPERTIES: Shape = shape(
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

pub(super) static STRUCTURE: Shape = shape(
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
