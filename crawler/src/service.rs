//! The account the crawler works as.

use nix::unistd::{Gid, Uid, geteuid, setgid, setgroups, setuid};

/// Not root, not the service account.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccountError {
    #[error("only root and the service account may run the crawler; use sudo")]
    Stranger,
    #[error("the service account's identity can't be taken: {0}")]
    Kernel(#[from] nix::Error),
}

/// Turns root into the service account for good, so that a command given by hand leaves no
/// root-owned file in its way.
pub(crate) fn become_account(uid: u32, gid: u32) -> Result<(), AccountError> {
    if geteuid().as_raw() == uid {
        return Ok(());
    }
    if !geteuid().is_root() {
        return Err(AccountError::Stranger);
    }
    setgroups(&[])?;
    setgid(Gid::from_raw(gid))?;
    setuid(Uid::from_raw(uid))?;
    Ok(())
}
