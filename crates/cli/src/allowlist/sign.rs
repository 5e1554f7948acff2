//! `sluice allowlist sign`: ssh-keygen signs, so agents and security keys work as they do for ssh.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use sluice_policy::entry::{self, Entry};
use sluice_policy::index::{self, Index};
use sluice_policy::revocation::{self, Revoked};
use sluice_policy::set::{INDEX, REVOKED, entry_file, signature_file};
use sluice_policy::signers::is_principal;
use time::OffsetDateTime;

use super::draft::Draft;
use super::force::published_serial;
use super::{consent, shown};
use crate::args::allowlist::Sign;
use crate::exit::{Doing, Exit, Failure, Result};
use crate::output;

pub(super) fn run(args: &Sign) -> Result<Exit> {
    if !is_principal(&args.principal) {
        return Err(Failure::usage(
            "--as takes a principal of letters, digits and . _ + @ -, as in allowed_signers",
        ));
    }
    let named = !args.entry.is_empty() || args.revoked || args.index;
    let signing = Signing { draft: Draft::open(&args.set)?, args, asks: !named && !args.all };
    if signing.asks && !consent::can_ask() {
        return Err(Failure::usage(format_args!(
            "there is no terminal to ask on: name what you have looked at with --entry, --revoked \
             and --index, or give --all for {}",
            signing.unsigned()?.join(", ")
        )));
    }
    if args.revoked {
        signing.revoked()?;
    } else if args.index {
        signing.index()?;
    } else if named {
        args.entry.iter().try_for_each(|id| signing.entry(id))?;
    } else {
        signing.everything()?;
    }
    Ok(Exit::Ok)
}

struct Signing<'a> {
    draft: Draft,
    args: &'a Sign,
    /// Nothing was named: each signature is asked for.
    asks: bool,
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

    /// What `everything` would sign.
    fn unsigned(&self) -> Result<Vec<String>> {
        let mut files: Vec<_> = self.draft.entries()?.iter().map(|id| entry_file(id)).collect();
        files.extend(self.draft.has(REVOKED).then(|| REVOKED.to_owned()));
        let mut unsigned = Vec::new();
        for file in files {
            if !self.has_signed(&file)? {
                unsigned.push(file);
            }
        }
        unsigned.push(INDEX.to_owned());
        Ok(unsigned)
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
        if self.draft.misses_manifest(&entry, &entry.digest) {
            return Err(bad("its manifest is not in the set".into()));
        }
        let mut shown = shown::entry(&self.draft, &entry, &bytes)?;
        let by = &entry.approval.by;
        if *by != self.args.principal && !self.draft.signers(&file)?.contains(by) {
            shown.push(format!("approval.by is {by}, who has not signed it: no push takes it so"));
        }
        if self.agreed(&file, &shown)? {
            self.sign(&file, &bytes, entry::NAMESPACE)?;
        }
        Ok(())
    }

    fn revoked(&self) -> Result<()> {
        let bytes = self.draft.read(REVOKED)?;
        let revoked = Revoked::parse(&bytes).map_err(Failure::bad)?;
        if self.agreed(REVOKED, &shown::revoked(&revoked))? {
            self.sign(REVOKED, &bytes, revocation::NAMESPACE)?;
        }
        Ok(())
    }

    fn index(&self) -> Result<()> {
        let fresh = self.refreshed()?;
        if fresh.is_none() && self.has_signed(INDEX)? {
            output::note("the index is signed and up to date; --renew issues it anew");
            return Ok(());
        }
        let bytes = match &fresh {
            Some(index) => index.to_toml().map_err(Failure::bad)?.into_bytes(),
            None => self.draft.read(INDEX)?,
        };
        let index = Index::parse(&bytes).map_err(Failure::bad)?;
        if self.agreed(INDEX, &shown::index(&self.draft, &index)?)? {
            if fresh.is_some() {
                self.draft.write_signed(INDEX, &bytes)?;
            }
            self.sign(INDEX, &bytes, index::NAMESPACE)?;
        }
        Ok(())
    }

    /// Shows what a signature would say, and whether it is wanted.
    fn agreed(&self, file: &str, shown: &[String]) -> Result<bool> {
        output::note(file);
        shown.iter().for_each(|line| output::note(format_args!("  {line}")));
        if !self.asks {
            return Ok(true);
        }
        let agreed = consent::ask(&format!("sign {file} as {}?", self.args.principal))?;
        if !agreed {
            output::note(format_args!("{file} is not signed"));
        }
        Ok(agreed)
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
        self.draft.write(&signature_file(file, &self.args.principal), &signed)?;
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
