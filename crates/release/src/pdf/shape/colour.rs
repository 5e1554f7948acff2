//! Colours that are described, and not only named.

use super::{
    Kind::{ColourSpace, Elsewhere, Names, Number, Numbers},
    Shape, Use, shape,
};

pub(in crate::pdf) static PROFILE: Shape = shape(
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

pub(in crate::pdf) static CALIBRATION: Shape = shape(
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
