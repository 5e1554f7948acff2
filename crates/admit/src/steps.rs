//! Steps that an admitted job starts inside its own allocation, decided from the job's record.
//!
//! A step shows the job's ticket. On a node that has no record yet the step brings it there: the
//! node that admitted the job left it beside the sealed run directory, under the step key's MAC.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, fchmod, flock, mkdirat, openat, unlinkat};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use sluice_policy::digest::Digest;
use sluice_policy::entry::Steps;
use sluice_policy::ticket::{Claims, KEY_BYTES, TicketError, is_sealed_file, seal_file};
use sluice_protocol::{Access, Admission, Bind, Facts, OpenAs, Step, TICKET};
use sluice_site::Site;
use sluice_site::paths::Roots;
use sluice_site::record::Record;
use sluice_sys::beneath::{open_beneath, open_dir};
use sluice_sys::identity::as_user;
use sluice_sys::jobs::JobDir;
use sluice_sys::trusted::{Trust, ensure_dir, open_trusted_file};
use sluice_sys::{atomic, read_limited};

use crate::decide::{Approved, Bundle};
use crate::pulse::Pulse;
use crate::record::unwritable;
use crate::refused::Refused;
use crate::store::Store;
use crate::undo::Undo;
use crate::{Job, audit, sandbox};

/// Upper bound of [`JobDir::STEPS`], in bytes; beside the sealed run directory it has that name, too.
const MAX_BYTES: usize = 4 << 20;

/// What srun tells slurmstepd's PMIx server of the step's nodes and tasks, and by what Open MPI knows
/// that srun started it; plain words, as all that is kept.
const ENV_KEEP: &[&str] = &["SLURM_STEP_NODELIST", "SLURM_PMIX_MAPPING_SERV", "SLURM_NODELIST"];

/// All that a node needs for a step of the job.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Inside {
    record: Record,
    bundles: Vec<Code>,
    admission: Admission,
}

/// A bundle that has to be in the node's store.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Code {
    source: PathBuf,
    digest: Digest,
    links: Vec<String>,
}

/// Gives an admitted job the ticket for its steps, if its entry lets it have any.
pub(crate) fn allow<'a>(
    job: &'a Job<'_>,
    approved: &Approved,
    record: &Record,
    admission: &mut Admission,
    undo: &mut Undo<'a>,
) -> Result<(), Refused> {
    if approved.verified.entry.steps == Steps::None {
        return Ok(());
    }
    let places = job.site.sandbox.slurm_places.iter();
    let read = |source: &Path, target: &Path| Bind {
        source: source.into(),
        target: target.into(),
        open_as: OpenAs::Root,
        access: Access::Read,
    };
    admission.binds.extend(places.map(|place| read(place, place)));
    admission.binds.push(read(&job.record().join(JobDir::TICKET), Path::new(TICKET)));

    let key = key(job.roots)?;
    let ticket = claims(job.facts, record, &record.run.sealed.to_string_lossy()).issue(&key);
    let mut of_steps = Admission { script: None, ..admission.clone() };
    of_steps.env_keep.extend(ENV_KEEP.iter().map(|name| (*name).into()));
    let inside = Inside {
        record: record.clone(),
        bundles: approved
            .bundles()
            .map(|bundle| Code {
                source: bundle.source.into(),
                digest: bundle.digest,
                links: bundle.links.to_vec(),
            })
            .collect(),
        admission: of_steps,
    };
    let bytes = serde_json::to_vec(&inside).map_err(|e| Refused::new("internal-error", e))?;
    leave(job.record().path(), &ticket, &bytes)?;
    if record.run.nodes.len() > 1 {
        for_other_nodes(job, &key, &bytes, undo)?;
    }
    Ok(())
}

/// A step's admission, if the job is one whose steps are admitted; the refusal if this step isn't
/// the job's own.
pub(crate) fn decide(
    facts: &Facts,
    site: &Site,
    roots: &Roots,
    pulse: &mut Pulse,
) -> Result<Option<Admission>, Refused> {
    let Step::Run(_) = facts.step else { return Ok(None) };
    let here = on_node(&roots.jobs().dir(facts.incarnation().into()))?;
    let is_here = here.is_some();
    let Some(inside) = here.map_or_else(|| elsewhere(facts, site, roots), |it| Ok(Some(it)))?
    else {
        return Ok(None);
    };
    let ticket = facts.ticket.as_deref().ok_or_else(|| {
        let message = "the step comes from outside its job; only the job's own srun, without \
                       --export=NONE, starts steps in it";
        Refused::new("ticket-missing", message)
    })?;
    let sealed = inside.record.run.sealed.to_string_lossy();
    claims(facts, &inside.record, &sealed).check(&key(roots)?, ticket).map_err(|error| {
        let code = match error {
            TicketError::Forged => "ticket-forged",
            TicketError::OtherJob => "ticket-foreign",
            TicketError::Earlier => "ticket-expired",
        };
        Refused::new(code, format!("{error}; only the job's own srun starts steps in it"))
    })?;
    let sandbox = sandbox::of(&facts.job, site)?;
    if !is_here {
        bring(&inside, ticket, site, roots, pulse)?;
    }
    audit::stepped(roots, facts, &inside.record)?;
    // Nodes differ.
    Ok(Some(Admission { sandbox, ..inside.admission }))
}

/// What a ticket says: Slurm's own words, but for what only Sluice knows.
fn claims<'a>(facts: &Facts, record: &'a Record, sealed: &'a str) -> Claims<'a> {
    Claims {
        cluster: &record.run.cluster,
        job: facts.job.id,
        restart: facts.job.restart,
        start: facts.job.start_time,
        uid: facts.job.uid,
        digest: record.basis.digest,
        sealed,
    }
}

fn key(roots: &Roots) -> Result<Vec<u8>, Refused> {
    let path = roots.etc.join("keys/steps");
    let broken = |why: String| Refused::new("configuration-invalid", format!("step key: {why}"));
    let file =
        open_trusted_file(&path, Trust::SECRET).map_err(|error| broken(error.to_string()))?;
    let key = read_limited(file, *KEY_BYTES.end()).map_err(|error| broken(error.to_string()))?;
    if key.len() < *KEY_BYTES.start() {
        return Err(broken(format!(
            "{} has less than {} bytes",
            path.display(),
            KEY_BYTES.start()
        )));
    }
    Ok(key)
}

/// Writes ticket and record into a record directory; the record last, since it is what counts.
fn leave(dir: &Path, ticket: &str, bytes: &[u8]) -> Result<(), Refused> {
    let write = || -> io::Result<()> {
        let dir = open_dir(dir)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
        let mut file = File::from(openat(&dir, JobDir::TICKET, flags, Mode::RUSR)?);
        file.write_all(ticket.as_bytes())?;
        // The job reads it; nobody else gets here.
        fchmod(&file, Mode::from_raw_mode(0o444))?;
        atomic::replace(&dir, JobDir::STEPS, bytes, 0o600)
    };
    write().map_err(|error| unwritable(dir, &error))
}

/// Where the job's other nodes find it: only the service account gets there.
fn for_other_nodes<'a>(
    job: &'a Job<'_>,
    key: &[u8],
    bytes: &[u8],
    undo: &mut Undo<'a>,
) -> Result<(), Refused> {
    let path = job.seal();
    let sealed = [seal_file(key, bytes).as_slice(), bytes].concat();
    let dir = job
        .user
        .serve(|| -> io::Result<OwnedFd> {
            let dir = open_dir(&path)?;
            atomic::write(&dir, JobDir::STEPS, &sealed, 0o600)?;
            Ok(dir)
        })?
        .map_err(|error| unwritable(&path, &error))?;
    undo.push(move || {
        let _ = job.user.serve(|| unlinkat(&dir, JobDir::STEPS, AtFlags::empty()));
    });
    Ok(())
}

fn on_node(dir: &JobDir) -> Result<Option<Inside>, Refused> {
    match open_trusted_file(&dir.join(JobDir::STEPS), Trust::SECRET) {
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(Refused::new("internal-error", error)),
        Ok(file) => read_limited(file, MAX_BYTES)
            .and_then(|bytes| Ok(serde_json::from_slice(&bytes)?))
            .map(Some)
            .map_err(Refused::internal("the job's record")),
    }
}

/// What the node that admitted the job left for the others.
fn elsewhere(facts: &Facts, site: &Site, roots: &Roots) -> Result<Option<Inside>, Refused> {
    const MAC: usize = 32;
    let (uid, gid) =
        site.service().map_err(|error| Refused::new("configuration-invalid", error))?;
    let path = site.seal(facts.incarnation());
    let found = as_user(uid, gid, || -> io::Result<Vec<u8>> {
        let file = open_beneath(open_dir(&path)?, Path::new(JobDir::STEPS), OFlags::RDONLY)?;
        read_limited(file, MAX_BYTES)
    });
    let bytes = match found.map_err(Refused::internal("the service account's identity"))? {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes.map_err(Refused::internal("the job's record"))?,
    };
    let altered = || Refused::new("internal-error", "the job's record was altered");
    let (mac, bytes) = bytes.split_at_checked(MAC).ok_or_else(altered)?;
    if !is_sealed_file(&key(roots)?, bytes, mac) {
        return Err(altered());
    }
    let inside: Inside = serde_json::from_slice(bytes).map_err(|_| altered())?;
    match inside.record.incarnation() == facts.incarnation() {
        true => Ok(Some(inside)),
        false => Err(altered()),
    }
}

/// Makes this node one of the job's: its code in the store, its record in place.
fn bring(
    inside: &Inside,
    ticket: &str,
    site: &Site,
    roots: &Roots,
    pulse: &mut Pulse,
) -> Result<(), Refused> {
    let store = Store::open(roots, &site.store)?;
    pulse.limit(Some(std::time::Duration::from_secs(site.store.cold_seconds)));
    let codes = inside.bundles.iter().zip(["bundle-changed", "runtime-changed"]);
    let _held = codes
        .map(|(Code { source, digest, links }, changed)| {
            let bundle = Bundle { source, digest: *digest, links, set: None, changed };
            store.provide(&bundle, pulse)
        })
        .collect::<Result<Vec<_>, _>>()?;

    let incarnation = inside.record.incarnation();
    let jobs = roots.jobs();
    let dir = jobs.dir(incarnation.into());
    let fail = |error: &dyn std::fmt::Display| unwritable(dir.path(), error);
    let run = ensure_dir(&roots.run, 0o755, Trust::ROOT).map_err(|error| fail(&error))?;
    let jobs = ensure_dir(jobs.path(), 0o700, Trust::ROOT).map_err(|e| fail(&e))?;
    // Of several steps that come at once one does it.
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
    let lock = openat(run, "steps.lock", flags, Mode::RUSR | Mode::WUSR).map_err(|e| fail(&e))?;
    flock(&lock, FlockOperation::LockExclusive).map_err(|error| fail(&error))?;
    if on_node(&dir)?.is_some() {
        return Ok(());
    }
    let name = incarnation.to_string();
    match mkdirat(&jobs, name.as_str(), Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(error) => return Err(fail(&error)),
    }
    let record = inside.record.to_json().map_err(|error| Refused::new("internal-error", error))?;
    open_beneath(jobs.as_fd(), Path::new(&name), OFlags::DIRECTORY)
        .and_then(|dir| atomic::replace(&dir, JobDir::RECORD, &record, 0o600))
        .map_err(|error| fail(&error))?;
    let bytes = serde_json::to_vec(inside).map_err(|e| Refused::new("internal-error", e))?;
    leave(dir.path(), ticket, &bytes)
}
