//! Taking published results back: their objects go, manifest.json first, and a tombstone says so.
//!
//! Other commands ask for it by a file in the state directory, so that whoever holds the ledger,
//! the daemon or the command itself, does it.

use std::{fs, io, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::json;
use sluice_site::audit::Event;
use sluice_sys::{
    atomic,
    beneath::{open_beneath, open_dir},
    read_limited,
};

use crate::{
    clock,
    error::PassError,
    failpoint,
    judge::now::Now,
    key::{MANIFEST, TOMBSTONE},
    ledger::Row,
    outcome::{Code, Reason, State, Stop},
    publish::uploads::Uploads,
    serve::crawler::Crawler,
    store::{Standing, Tombstone},
};

/// Upper bound of a request, in bytes.
const MAX_REQUEST: usize = 64 << 10;

/// What is to be taken back.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Request {
    /// Always 1.
    pub format: u32,
    /// Run ids, or `OWNER/RUN-ID` where the ledger doesn't know the run.
    pub runs: Vec<String>,
    /// The reason, for everybody to read.
    pub why: String,
    /// Who gave the command.
    pub by: String,
}

impl Request {
    /// Leaves the request for whoever holds the ledger in `state`.
    pub fn leave(&self, state: &Path, name: &str) -> io::Result<()> {
        let dir = state.join("requests");
        fs::create_dir_all(&dir)?;
        atomic::write(open_dir(&dir)?, &format!("{name}.json"), &serde_json::to_vec(self)?, 0o600)
    }
}

impl Crawler {
    /// Marks the runs that requests name, so that they are taken back.
    pub async fn take_requests(&self) -> Result<(), PassError> {
        let dir = self.requests();
        let files = match fs::read_dir(&dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            files => files.map_err(|error| PassError::Requests(dir.clone(), error))?,
        };
        for file in files.flatten() {
            let path = file.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            match read(&dir, file.file_name().as_ref()) {
                Ok(request) => self.mark(&request).await?,
                Err(error) => tracing::error!("{} is no request: {error}", path.display()),
            }
            fs::remove_file(&path).map_err(|error| PassError::Requests(path, error))?;
        }
        Ok(())
    }

    /// The store's word counts where the ledger has another: it may be lost, or older.
    async fn mark(&self, request: &Request) -> Result<(), PassError> {
        for run in &request.runs {
            let why = format!("{} ({})", request.why, request.by);
            let reason = Reason::new(Code::Withdrawn, why);
            let run_id = run.rsplit('/').next().unwrap_or(run);
            let known = self.ledger.find(run_id).await?;
            let name = match known {
                Some(entry) if entry.state == State::Withdrawing => continue,
                Some(entry) if entry.state == State::Published => {
                    let now = clock::text();
                    self.ledger
                        .set_state(&entry.name, State::Withdrawing, reason, None, &now)
                        .await?;
                    Ok(Some(entry.name))
                }
                _ => self.restore_withdrawing(run, run_id, reason).await,
            };
            match name {
                Ok(Some(name)) => self.reopen(name),
                Ok(None) => tracing::warn!(run, "not withdrawn: the store has no manifest of it"),
                Err(stop) => {
                    tracing::warn!(run, "not withdrawn, ask again: {}", stop.reason().message);
                }
            }
        }
        Ok(())
    }

    async fn restore_withdrawing(
        &self,
        run: &str,
        run_id: &str,
        reason: Reason,
    ) -> Result<Option<String>, Stop> {
        match self.store.locate(run).await? {
            Some((owner, found @ Standing::Published(_))) => {
                let state = State::Withdrawing;
                self.restore(&owner, run_id, &found, state, reason).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Takes back one run, from wherever an earlier attempt left off.
    pub(crate) async fn take_down(&self, entry: &Row, now: &Now) -> Result<(), Stop> {
        let Some(run) = &entry.identity else {
            return Err(Stop::hold(Code::Withdrawn, "a run without a name can't be withdrawn"));
        };
        // Once, however often what remains is tried again.
        if entry.remains.is_none() {
            let detail = json!({"run-id": run.run_id, "why": entry.reason.message});
            self.journal.append(Event::Withdraw, detail).await?;
        }
        let store = self.store.of(&run.owner)?;
        let present = store.list(&run.owner, &run.run_id).await?;
        let key = |name: &str| store.key(&run.owner, &run.run_id, name);
        let (manifest, tombstone) = (key(MANIFEST)?, key(TOMBSTONE)?);
        // Without it the run isn't complete any more, whatever happens next.
        if present.contains_key(&manifest) {
            store.hide(&manifest).await?;
        }
        failpoint::reached("manifest-gone", &entry.name);
        if !present.contains_key(&tombstone) {
            let text = Tombstone::new(&run.run_id, &entry.reason.message, &now.text);
            store.put_plain(&tombstone, text.to_bytes()?).await?;
        }
        failpoint::reached("tombstone-sent", &entry.name);
        for key in present.keys().filter(|key| **key != tombstone && **key != manifest) {
            store.hide(key).await?;
        }
        failpoint::reached("files-gone", &entry.name);
        Uploads::of(&self.ledger, &entry.name).abort_left(&store).await?;
        store.purge(&run.owner, &run.run_id, &tombstone).await?;
        Ok(())
    }
}

fn read(dir: &Path, name: &Path) -> io::Result<Request> {
    let file = open_beneath(open_dir(dir)?, name, rustix::fs::OFlags::RDONLY)?;
    Ok(serde_json::from_slice(&read_limited(file, MAX_REQUEST)?)?)
}
