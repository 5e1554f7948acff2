//! Taking over from the cron script of the tutorial. Its tokens are claims: each is compared with
//! what is in the bucket, and what it lost is published again.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use object_store::path::Path as Key;
use rustix::fs::OFlags;
use serde::Serialize;
use sluice_policy::digest::Digest;
use sluice_sys::beneath::{open_dir, open_same_mount};

use crate::{
    error::PassError,
    judge::unattested,
    outcome::{Code, Reason, State, Stop},
    publish::token::TOKEN,
    serve::crawler::Crawler,
};

/// Bytes that are read at a time.
const PIECE: usize = 128 << 10;
/// The script's one result.
const RESULT: &str = "results.csv";

/// What the script left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Adopted {
    /// In the bucket as in the run directory.
    pub kept: Vec<String>,
    /// In the bucket with other content: by another run of the same name, or changed since.
    pub differing: Vec<String>,
    /// Marked as uploaded and not in the bucket.
    pub lost: Vec<String>,
    /// Not marked.
    pub unmarked: Vec<String>,
}

impl Crawler {
    /// Compares every run directory with the bucket. What is there as it should be counts as
    /// published from now on; all else is published by the next pass, if it may be.
    pub async fn adopt(&self) -> Result<Adopted, PassError> {
        let runs = self.config.site.runs.clone();
        let names = unattested::Scan::default()
            .scan(&runs, |_| false)
            .map_err(|error| PassError::Runs(runs.clone(), error))?;
        let mut adopted = Adopted::default();
        for name in names {
            let Some(dir) = unattested::run_dir(&runs, &name) else { continue };
            let shown = dir.strip_prefix(&runs).unwrap_or(&dir).display().to_string();
            match self.compare(&runs, &dir).await {
                Ok(Found::Same) => {
                    self.count_as_published(name).await?;
                    adopted.kept.push(shown);
                }
                Ok(Found::Other) => adopted.differing.push(shown),
                Ok(Found::Nothing) if dir.join(TOKEN).symlink_metadata().is_ok() => {
                    adopted.lost.push(shown);
                }
                Ok(Found::Nothing) => adopted.unmarked.push(shown),
                Err(stop) => return Err(PassError::Store(stop.reason().message.clone())),
            }
        }
        Ok(adopted)
    }

    async fn count_as_published(&self, name: String) -> Result<(), PassError> {
        let now = sluice_policy::time::format(crate::clock::now());
        self.ledger.note(vec![name.clone()], &now).await?;
        let reason = Reason::new(Code::Adopted, "published by the script before");
        if !self.config.require_attestation {
            self.ledger.set_state(&name, State::Published, reason, None, &now).await?;
        }
        Ok(())
    }

    async fn compare(&self, runs: &Path, dir: &Path) -> Result<Found, Stop> {
        let name = dir.file_name().unwrap_or_default().to_string_lossy();
        let Ok(key) = Key::parse(format!("{name}/{RESULT}")) else { return Ok(Found::Nothing) };
        let Some(there) = self.store.find(&key).await? else { return Ok(Found::Nothing) };
        let below = dir.strip_prefix(runs).map(PathBuf::from).unwrap_or_default();
        let here = open_dir(runs)
            .and_then(|runs| open_same_mount(runs, &below.join(RESULT), OFlags::RDONLY))
            .and_then(|file| {
                Digest::read(File::from(file), &mut vec![0; PIECE], |error| error, |_| Ok(()))
            });
        Ok(if here.is_ok_and(|here| here == there) { Found::Same } else { Found::Other })
    }
}

enum Found {
    Same,
    Other,
    Nothing,
}
