//! The environment decides what an approved script does, so it is rebuilt from an exact list.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

use sluice_protocol::Admission;
use sluice_sandbox::mutations::dropped;

use crate::ffi::{Spank, SpankError};

/// Removes every variable that the admission does not name or whose value is more than a plain
/// word, and sets those it gives.
pub(crate) fn rebuild(spank: &Spank<'_>, admission: &Admission) -> Result<(), SpankError> {
    spank.retain_environment(|name, value| {
        let named = admission.env_keep.iter().any(|keep| name == OsStr::new(keep));
        named && is_plain(value) || dropped("environment")
    })?;
    for (name, value) in &admission.env_set {
        spank.set(name, value)?;
    }
    Ok(())
}

/// Slurm's numbers and lists: `4`, `4(x2),3`, `n[1-2]`. Also what sbatch sets holds whatever the
/// user says, and some script of a workflow gives it to a shell.
fn is_plain(value: &OsStr) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"()[],._-".contains(byte);
    value.as_bytes().iter().all(plain) && !value.as_bytes().starts_with(b"-")
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn numbers_and_lists_stay_and_texts_go() {
        for plain in ["", "4", "4(x2),3", "n[1-2],login-1.example"] {
            assert!(is_plain(plain.as_ref()), "{plain}");
        }
        for text in ["4; rm -r x", "-f", "$(x)", "`x`", "4\n", "4 4", "a=b", "../x", "é"] {
            assert!(!is_plain(text.as_ref()), "{text}");
        }
    }
}
