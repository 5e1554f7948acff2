//! The attestations that this site's spool still has.

use std::io;

use rustix::fs::OFlags;
use rustix::process::geteuid;
use sluice_policy::attestation::Predicate;
use sluice_site::Site;
use sluice_sys::identity::as_user;
use sluice_sys::{beneath, read_limited};
use ssh_key::PublicKey;

use crate::attest;
use crate::exit::{Doing, Failure, Result};

/// Hands over every run that is rightly attested, and where that stands. Anything else proves
/// nothing either way.
///
/// The spool is the service account's, and read as such: nothing in it leads to what only root may
/// read, and on a network file system root may have no right to it.
pub(crate) fn runs(
    site: &Site,
    key: &PublicKey,
    mut each: impl FnMut(Predicate, String),
) -> Result<()> {
    let (uid, gid) = site.service().map_err(Failure::configuration)?;
    let path = site.spool();
    let mut read = || -> io::Result<()> {
        let dir = beneath::open_dir(&path)?;
        for item in path.read_dir()? {
            let name = item?.file_name();
            let bytes = beneath::open_beneath(&dir, name.as_ref(), OFlags::RDONLY)
                .and_then(|file| read_limited(file, attest::MAX_BYTES));
            let place = path.join(&name).display().to_string();
            if let Some(statement) =
                bytes.ok().and_then(|bytes| attest::open(&bytes, key, &place).ok())
            {
                each(statement.predicate, place);
            }
        }
        Ok(())
    };
    let done = if geteuid().as_raw() == uid { read() } else { as_user(uid, gid, read).flatten() };
    done.doing(|| format!("read the spool {}", path.display()))
}
