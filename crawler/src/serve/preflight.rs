//! What the first run needs, tried beforehand: by the account and the calls that the daemon works
//! with, and beside one that may be at work.

use std::{
    fmt::Display,
    fs::{self, File},
    io,
    os::fd::AsFd,
    path::Path,
    process,
    time::Instant,
};

use rustix::fs::{Access, AtFlags, access, unlinkat};
use serde::Serialize;
use sluice_policy::entry::ContentKind;
use sluice_site::{
    audit::Audit,
    sets::{SetError, Sets},
};
use sluice_sys::{atomic, beneath::open_dir};

use crate::{
    clock,
    config::Config,
    discover::spool::Spool,
    ledger,
    outcome::{Cause, Code, Stop},
    store::{Capabilities, Store},
};

/// Bytes of a trial file: a full disk has no room for them.
const TRIAL: [u8; 4096] = [0; 4096];

/// What is in the first run's way.
#[derive(Debug, Serialize)]
pub struct Fault {
    /// What can't be used.
    pub what: String,
    /// The cause.
    pub why: String,
    /// What to do about it.
    pub remedy: &'static str,
    /// Whether the configuration is to be changed, and not its surroundings.
    #[serde(skip)]
    pub configured: bool,
}

impl Fault {
    fn new(what: impl Display, why: impl Display, remedy: &'static str) -> Self {
        let (what, why) = (what.to_string(), why.to_string());
        Self { what, why, remedy, configured: false }
    }
}

/// What the store can be relied on for, if it can be used, and all that is in the first run's way.
pub async fn preflight(config: &Config, store: &Store) -> (Option<Capabilities>, Vec<Fault>) {
    let local = [
        state(&config.state),
        audit(&config.state.join("audit.jsonl")),
        allowlist(config),
        spool(config),
        sealed(&config.site.sealed_root),
        status(&config.site.status),
        runs(config),
    ];
    let mut faults: Vec<_> = local.into_iter().filter_map(Result::err).collect();
    faults.extend(renderer(config));
    let honours = store.preflight().await.map_err(|stop| store_fault(config, &stop));
    let honours = honours.map_err(|fault| faults.push(fault)).ok();
    (honours, faults)
}

fn state(dir: &Path) -> Result<(), Fault> {
    let fault = |why: &dyn Display| {
        let what = format!("the ledger in {}", dir.display());
        Fault::new(what, why, "make the directory and all in it the service account's, with room")
    };
    File::open(dir).and_then(try_file).map_err(|error| fault(&error))?;
    ledger::check_usable(dir).map_err(|error| fault(&error))
}

fn audit(path: &Path) -> Result<(), Fault> {
    let remedy = "give it back to the service account, or put it aside";
    Audit::open(path).map(drop).map_err(|error| Fault::new("the audit log", error, remedy))
}

fn allowlist(config: &Config) -> Result<(), Fault> {
    let sets = Sets::open_below(&config.site, &config.etc, &config.state);
    sets.and_then(|sets| sets.current(clock::now())).map(drop).map_err(|error| Fault {
        configured: !matches!(error, SetError::State(_)),
        ..Fault::new(
            "the allowlist",
            error,
            "publish a signed set that is in force, and its signers, below /etc/sluice of this host",
        )
    })
}

/// Figures of ours are drawn, of the kinds that an entry in force has drawn.
fn renderer(config: &Config) -> Vec<Fault> {
    let sets = Sets::open_below(&config.site, &config.etc, &config.state);
    // Whether there is a set is said by itself.
    let Ok(set) = sets.and_then(|sets| sets.current(clock::now())) else { return Vec::new() };
    let rules = set.outputs().unwrap_or_default();
    let drawn = |kind| rules.iter().any(|rule| rule.rasterise && rule.kind == kind);
    let kinds = [ContentKind::Svg, ContentKind::Pdf].into_iter().filter(|kind| drawn(*kind));
    let fault = |kind: ContentKind| {
        let what = format!("the drawing of {} figures", kind.word());
        let remedy = "install poppler-utils and fonts-dejavu-core, and the crawler's package whole";
        Some(Fault::new(what, config.renderer.try_out(kind).err()?, remedy))
    };
    kinds.filter_map(fault).collect()
}

fn spool(config: &Config) -> Result<(), Fault> {
    let scan = Spool::default().scan(&config.spool, &config.site.cluster, Instant::now(), |_| true);
    scan.map(drop).map_err(|error| {
        let what = format!("the attestation spool {}", config.spool.display());
        Fault::new(what, error, "mount or make it, readable for the service account")
    })
}

fn sealed(root: &Path) -> Result<(), Fault> {
    access(root, Access::EXEC_OK).map_err(|error| {
        let what = format!("the sealed run directories below {}", root.display());
        Fault::new(what, error, "mount or make the directory, and let the service account in")
    })
}

fn status(dir: &Path) -> Result<(), Fault> {
    open_dir(dir).and_then(try_file).map_err(|error| {
        let what = format!("the status directory {}", dir.display());
        Fault::new(what, error, "mount or make it, writable for the service account, with room")
    })
}

/// Without attestations runs are found by their directories.
fn runs(config: &Config) -> Result<(), Fault> {
    if config.require_attestation {
        return Ok(());
    }
    fs::read_dir(&config.site.runs).map(drop).map_err(|error| {
        let what = format!("the run directories below {}", config.site.runs.display());
        Fault::new(what, error, "mount or make the directory, readable for the service account")
    })
}

fn store_fault(config: &Config, stop: &Stop) -> Fault {
    let reason = stop.reason();
    let remedy = match reason.cause {
        _ if config.location.is_directory() => {
            "make the directory writable for the service account, with room"
        }
        Some(Cause::Own(Code::NameRefused)) => {
            "give the owners' buckets a plain name in lower case"
        }
        Some(Cause::Own(Code::StoreDenied)) => {
            "grant the right to the key, or give the crawler the right key"
        }
        _ => "check endpoint, proxy, ca and bucket, and whether the server is up",
    };
    let fault = Fault::new(config.location.url(), &reason.message, remedy);
    Fault { configured: reason.is(Code::NameRefused), ..fault }
}

/// Makes a file in a directory and removes it.
fn try_file(dir: impl AsFd) -> io::Result<()> {
    let name = format!("sluice-trial-{}", process::id());
    atomic::write(&dir, &name, &TRIAL, 0o600)?;
    Ok(unlinkat(&dir, &name, AtFlags::empty())?)
}
