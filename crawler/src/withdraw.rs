//! Taking published results back: their objects go, manifest.json first, and a tombstone says so.
//!
//! Other commands ask for it by a file in the state directory, so that whoever holds the ledger,
//! the daemon or the command itself, does it.

use std::{fs, io, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::json;
use sluice_sys::{
    atomic,
    beneath::{open_beneath, open_dir},
    read_limited,
};

use crate::{
    crawler::Crawler,
    edge,
    error::PassError,
    ledger::{Entry, Identity, State},
    now::Now,
    outcome::{Reason, Stop},
    publish::{MANIFEST, TOMBSTONE},
};

/// Upper bound of a request, in bytes.
const MAX_REQUEST: usize = 64 << 10;

/// What is to be taken back.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Request {
    /// Always 1.
    pub format: u32,
    /// Run ids.
    pub runs: Vec<String>,
    /// The reason, for everybody to read.
    pub why: String,
    /// Who gave the command.
    pub by: String,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Tombstone<'a> {
    format: u32,
    run_id: &'a str,
    state: &'static str,
    why: &'a str,
    withdrawn: &'a str,
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

    async fn mark(&self, request: &Request) -> Result<(), PassError> {
        for run_id in &request.runs {
            match self.ledger.find(run_id).await? {
                Some(entry) if entry.state == State::Published => {
                    let why = format!("{} ({})", request.why, request.by);
                    let reason = Reason::new("withdrawn", why);
                    let now = sluice_policy::time::format(crate::clock::now());
                    let state = State::Withdrawing;
                    self.ledger.settle(&entry.name, state, reason, None, &now).await?;
                    self.reopen(entry.name);
                }
                Some(entry) => {
                    tracing::warn!(run_id, "not withdrawn: it is {}", entry.state.word());
                }
                None => tracing::warn!(run_id, "not withdrawn: there is no such run"),
            }
        }
        Ok(())
    }

    /// Takes back one run, from wherever an earlier attempt left off.
    pub(crate) async fn take_down(&self, entry: &Entry, now: &Now) -> Result<(), Stop> {
        let Some(run) = &entry.identity else {
            return Err(Stop::hold("withdrawn", "a run without a name can't be withdrawn"));
        };
        let detail = json!({"run-id": run.run_id, "why": entry.reason.message});
        self.journal.append("withdraw", detail).await?;
        let store = self.store.of(&run.owner)?;
        let present = store.list(&run.owner, &run.run_id).await?;
        let key = |name: &str| store.key(&run.owner, &run.run_id, name);
        let (manifest, tombstone) = (key(MANIFEST)?, key(TOMBSTONE)?);
        // Without it the run isn't complete any more, whatever happens next.
        if present.contains_key(&manifest) {
            store.delete(&manifest).await?;
        }
        edge::reached("manifest-gone", &entry.name);
        if !present.contains_key(&tombstone) {
            let text = self.tombstone(run, &entry.reason.message, &now.text)?;
            store.put_plain(&tombstone, text).await?;
        }
        edge::reached("tombstone-sent", &entry.name);
        for key in present.keys().filter(|key| **key != tombstone && **key != manifest) {
            store.delete(key).await?;
        }
        edge::reached("files-gone", &entry.name);
        Ok(())
    }

    fn tombstone(&self, run: &Identity, why: &str, now: &str) -> Result<Vec<u8>, Stop> {
        let tombstone =
            Tombstone { format: 1, run_id: &run.run_id, state: "withdrawn", why, withdrawn: now };
        let text = serde_json::to_vec_pretty(&tombstone);
        text.map_err(|error| Stop::hold("internal-error", error.to_string()))
    }
}

fn read(dir: &Path, name: &Path) -> io::Result<Request> {
    let file = open_beneath(open_dir(dir)?, name, rustix::fs::OFlags::RDONLY)?;
    Ok(serde_json::from_slice(&read_limited(file, MAX_REQUEST)?)?)
}
