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

/// Who gives the command, before it becomes the service account: a name or a uid.
pub(crate) fn caller() -> String {
    let uid = std::env::var("SUDO_UID").ok().and_then(|uid| uid.parse().ok());
    let uid = uid.map_or_else(nix::unistd::getuid, Uid::from_raw);
    let user = nix::unistd::User::from_uid(uid).ok().flatten();
    user.map_or_else(|| uid.to_string(), |user| user.name)
}
