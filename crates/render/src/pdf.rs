//! PDF: by Poppler's pdftoppm, in this process's place and so under its confinement.

use std::{os::unix::process::CommandExt, process::Command};

use sluice_protocol::drawing::LONGEST_SIDE;

use crate::Undrawn;

const PROGRAM: &str = "/usr/bin/pdftoppm";

/// Becomes pdftoppm, which draws standard input's pages one behind the other: whoever reads them sees
/// whether there are more than one. Comes back only if it can't.
pub fn draw() -> Undrawn {
    let side = LONGEST_SIDE.to_string();
    let error = Command::new(PROGRAM).args(["-q", "-scale-to", &side, "-"]).env_clear().exec();
    Undrawn::Host(format!("{PROGRAM}: {error} (poppler-utils)"))
}
