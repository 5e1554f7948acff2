//! PDF: by Poppler's pdftoppm, in this process's place and so under its confinement.

use std::{os::unix::process::CommandExt, process::Command};

use sluice_protocol::drawing::LONGEST_SIDE;

use crate::Undrawn;

pub(crate) const PROGRAM: &str = "/usr/bin/pdftoppm";

/// Becomes pdftoppm, which draws standard input's pages one behind the other: whoever reads them sees
/// whether there are more than one. Of a page it draws what viewers show, the CropBox. Comes back only if it can't.
pub fn draw() -> Undrawn {
    let side = LONGEST_SIDE.to_string();
    let words = ["-q", "-cropbox", "-scale-to", &side, "-"];
    let error = Command::new(PROGRAM).args(words).env_clear().exec();
    Undrawn::Host(format!("{PROGRAM}: {error} (poppler-utils)"))
}
