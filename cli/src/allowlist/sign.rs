//! `sluice allowlist sign`: ssh-keygen signs, so agents and security keys work as they do for ssh.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use sluice_policy::entry::{self, Entry};
use sluice_policy::index::{self, Index};
use sluice_policy::revocation::{self, Revoked};
use sluice_policy::signers::is_principal;
use time::OffsetDateTime;

use super::draft::{Draft, INDEX, REVOKED, entry_file, manifest_file, signature};
use super::force::published_serial;
use crate::args::allowlist::Sign;
use crate::exit::{Doing, Exit, Failure, Result};
use crate::output;

pub(super) fn run(args: &Sign) -> Result<Exit> {
    if !is_principal(&args.principal) {
        return Err(Failure::usage(
            "--as takes a principal of letters, digits and . _ + @ -, as in allowed_signers",
        ));
    }
    let signing = Signing { draft: Draft::open(&args.set)?, args };
    if let Some(id) = &args.entry {
        signing.entry(id)?;
    } else if args.revoked {
        signing.revoked()?;
    } else if args.index {
        signing.index()?;
    } else {
        signing.everything()?;
    }
    Ok(Exit::Ok)
}

struct Signing<'a> {
    draft: Draft,
    args: &'a Sign,
}

impl Signing<'_> {
    fn everything(&self) -> Result<()> {
        for id in self.draft.entries()? {
            if !self.has_signed(&entry_file(&id))? {
                self.entry(&id)?;
            }
        }
        if self.draft.has(REVOKED) && !self.has_signed(REVOKED)? {
            self.revoked()?;
        }
        self.index()
    }

    fn has_signed(&self, file: &str) -> Result<bool> {
        Ok(self.draft.signers(file)?.contains(&self.args.principal))
    }

    fn entry(&self, id: &str) -> Result<()> {
        let file = entry_file(id);
        let bytes = self.draft.read(&file)?;
        let bad = |why: String| Failure::bad(format_args!("{file}: {why}; nothing is signed"));
        let entry = Entry::parse(&bytes).map_err(|error| bad(error.to_string()))?;
        if entry.id() != id {
            return Err(bad(format!("it is {}", entry.id())));
        }
        if !self.draft.has(&manifest_file(&entry.digest)) {
            return Err(bad("its manifest is not in the set".into()));
        }
        self.sign(&file, &bytes, entry::NAMESPACE)
    }

    fn revoked(&self) -> Result<()> {
        let bytes = self.draft.read(REVOKED)?;
        Revoked::parse(&bytes).map_err(Failure::bad)?;
        self.sign(REVOKED, &bytes, revocation::NAMESPACE)
    }

    fn index(&self) -> Result<()> {
        if let Some(index) = self.refreshed()? {
            self.draft.write_index(&index)?;
        } else if self.has_signed(INDEX)? {
            output::note("the index is signed and up to date; --renew issues it anew");
            return Ok(());
        }
        self.sign(INDEX, &self.draft.read(INDEX)?, index::NAMESPACE)
    }

    /// A new index, unless the one that is there still says what the set holds: then a second
    /// signer signs the same bytes. Its validity is as long as before.
    fn refreshed(&self) -> Result<Option<Index>> {
        let index = self.draft.index()?;
        let (files, now) = (self.draft.files()?, OffsetDateTime::now_utc());
        let signed = !self.draft.signers(INDEX)?.is_empty();
        if signed && !self.args.renew && files == index.files && now < index.expires {
            return Ok(None);
        }
        let own = index.serial + u64::from(signed);
        let published = published_serial(Path::new(sluice_site::paths::ALLOWLIST)).unwrap_or(0);
        let expires = now + (index.expires - index.issued);
        Ok(Some(Index { serial: own.max(published + 1), issued: now, expires, files, ..index }))
    }

    fn sign(&self, file: &str, bytes: &[u8], namespace: &str) -> Result<()> {
        let signed = ssh_keygen(&self.args.key, namespace, bytes)?;
        self.draft.write(&signature(file, &self.args.principal), &signed)?;
        output::note(format_args!("signed {file} as {}", self.args.principal));
        Ok(())
    }
}

/// The bytes go through standard input: what is signed is what was checked.
fn ssh_keygen(key: &Path, namespace: &str, bytes: &[u8]) -> Result<Vec<u8>> {
    let mut child = Command::new("ssh-keygen")
        .args(["-q", "-Y", "sign", "-n", namespace, "-f"])
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .doing(|| "run ssh-keygen")?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that fails may not read it; its exit code tells.
        let _ = stdin.write_all(bytes);
    }
    let output = child.wait_with_output().doing(|| "wait for ssh-keygen")?;
    if !output.status.success() {
        return Err(Failure::environment(format_args!(
            "ssh-keygen could not sign with {}; its own message stands above",
            key.display()
        )));
    }
    Ok(output.stdout)
}
