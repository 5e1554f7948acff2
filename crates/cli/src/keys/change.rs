//! `sluice keys add` and `retire`: changes of `allowed_signers`, in one step and only to a list that
//! every node can read.

use std::path::Path;

use sluice_policy::openssh;
use sluice_policy::signers::{self, Limits};
use sluice_policy::time::format;
use sluice_sys::{atomic, beneath};
use ssh_key::HashAlg;

use super::allowed_signers;
use crate::args::keys::{AddKey, RetireKey};
use crate::exit::{Doing, Exit, Failure, Result};
use crate::output;
use crate::read::{self, MAX_KEY};

pub(super) fn add(args: &AddKey) -> Result<Exit> {
    let text = String::from_utf8_lossy(&read::file(&args.key, MAX_KEY)?).into_owned();
    let key = openssh::public_key(&text).ok_or_else(|| {
        Failure::bad(format_args!("{} is no OpenSSH public key", args.key.display()))
    })?;
    let limits = Limits {
        namespaces: args.to.iter().map(|purpose| purpose.namespace().to_owned()).collect(),
        valid_after: args.from,
        valid_before: args.until,
    };
    let list = match args.signers.exists() {
        true => allowed_signers(&args.signers)?,
        false => String::new(),
    };
    let list = signers::add(&list, &args.principal, &key, &limits).map_err(Failure::bad)?;
    write(&args.signers, &list)?;
    let fingerprint = key.fingerprint(HashAlg::Sha256);
    output::note(format_args!("{} signs with {fingerprint}", args.principal));
    Ok(Exit::Ok)
}

pub(super) fn retire(args: &RetireKey) -> Result<Exit> {
    let list = signers::end(&allowed_signers(&args.signers)?, &args.fingerprint, args.at);
    write(&args.signers, &list.map_err(Failure::bad)?)?;
    output::note(format_args!(
        "{} signs until {}; sign with another key what shall be started after that",
        args.fingerprint,
        format(args.at)
    ));
    Ok(Exit::Ok)
}

fn write(path: &Path, list: &str) -> Result<()> {
    let doing = || format!("write {}", path.display());
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Failure::usage("--signers takes a file"));
    };
    let parent = if parent == Path::new("") { Path::new(".") } else { parent };
    let parent = parent.canonicalize().and_then(|parent| beneath::open_dir(&parent));
    atomic::write(parent.doing(doing)?, &name.to_string_lossy(), list.as_bytes(), 0o644)
        .doing(doing)?;
    output::note(format_args!("{} is written; bring it to every host", path.display()));
    Ok(())
}
