//! The document: its catalog and pages.

use super::{
    Kind::{
        self, Bool, Destination, Elsewhere, Empty, Is, Language, Link, Name, Names, Number,
        NumberOr, Numbers,
    },
    Shape, Use,
    drawing::{GROUP, RESOURCES},
    shape,
    structure::STRUCTURE,
};

pub(in crate::pdf) static CATALOG: Shape = shape(
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

pub(in crate::pdf) static PAGES: Shape = shape(
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

pub(in crate::pdf) static PAGE: Shape = shape(
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
