//! A world, a bucket of the server, and a crawler that can be killed.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    io::BufReader,
    ops::RangeInclusive,
    os::unix::fs::chown,
    process::Stdio,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread::sleep,
    time::Duration,
};

use serde_json::Value;
use sluice_policy::digest::Digest;
use time::OffsetDateTime;

use sluice_crawler::{ledger::Reader, outcome::State, serve::withdraw::Request};

use crate::world::{
    World, block_on,
    program::{Daemon, NOBODY},
    server::Server,
};

static REQUESTS: AtomicU32 = AtomicU32::new(0);

const BINARY: &str = env!("CARGO_BIN_EXE_sluice-crawler");

/// Every site has a bucket of its own.
static SITES: AtomicU32 = AtomicU32::new(0);

/// Where a site's objects go in it.
const PREFIX: &str = "sluice";

pub(crate) struct Site {
    world: World,
    server: Server,
    /// How far the file of failpoints was read.
    read: Cell<usize>,
}

impl Site {
    pub(crate) fn new() -> Self {
        let world = World::new().expect("needs root");
        let server = Server::new().expect("started by tests/kills");
        let bucket = format!("site-{}", SITES.fetch_add(1, Ordering::Relaxed));
        let server = Server { bucket, ..server };
        block_on(server.store(&world, PREFIX).probe()).unwrap();
        let section = server.section(&world, PREFIX) + "interval-seconds = 1\n";
        world.inhabit(&world.site_with(&section));
        fs::write(world.at("failpoints"), "").unwrap();
        let all = std::os::unix::fs::PermissionsExt::from_mode(0o666);
        fs::set_permissions(world.at("failpoints"), all).unwrap();
        Self { world, server, read: Cell::new(0) }
    }

    /// Runs of every kind: one file, several, one in parts, failed, held.
    pub(crate) fn attest(&self, jobs: RangeInclusive<u32>) {
        for job in jobs {
            let table = format!("a,b\n{job},2\n");
            let run = self.world.run(job, &format!("run {job}"));
            let run = run.file("results.csv", table.as_bytes());
            let run = match job % 12 {
                // Many, or no kill falls between two parts.
                0 | 1 | 6 | 7 => run.file("big.txt", &b"0123456789abcde\n".repeat((9 << 20) / 16)),
                2 => run.but(|run| run.end.exit_code = 1),
                3 => run.file("look.txt", b"hello\n"),
                4 | 5 => run.file("plots/a b.txt", b"hello\n").file("plots/c", b"hello\n"),
                _ => run,
            };
            // Every site's runs end at the same time, so that their attestations are the same.
            let ended = OffsetDateTime::from_unix_timestamp(ended()).unwrap();
            run.but(|run| (run.run.started, run.end.ended) = (ended, ended)).attest();
        }
    }

    fn command(&self, words: &[&str], set: &[(&str, &str)]) -> std::process::Command {
        let mut command = self.world.program(BINARY, words);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.env("SLUICE_NOW", (ended() + 600).to_string());
        command.env("SLUICE_FAILPOINTS", self.world.at("failpoints"));
        command.envs(set.iter().copied());
        command
    }

    /// One pass; none if it was killed.
    pub(crate) fn once(&self, set: &[(&str, &str)]) -> Option<i32> {
        self.command(&["once"], set).status().unwrap().code()
    }

    pub(crate) fn daemon(&self) -> Daemon {
        Daemon::start(&mut self.command(&["run"], &[]))
    }

    /// Keys of runs below the prefix and contents, but for what differs between worlds: an attestation
    /// names its world's directories and is signed with its key.
    pub(crate) fn bucket(&self) -> BTreeMap<String, Vec<u8>> {
        let objects = self.server.objects(PREFIX).into_iter();
        let root = self.world.dir.path().to_str().unwrap();
        objects
            .map(|(key, bytes)| (key[PREFIX.len()..].to_owned(), bytes))
            // What a killed probe left goes an hour later, and is of no run.
            .filter(|(key, _)| !key.starts_with("/sluice-probe/"))
            .map(|(key, bytes)| {
                if !key.ends_with("/attestation.json") {
                    return (key, bytes);
                }
                let job = key.trim_end_matches(".0/attestation.json").rsplit('-').next().unwrap();
                let spooled = self.world.spooled(job.parse().unwrap());
                assert_eq!(bytes, fs::read(spooled).unwrap(), "{key} in {root}");
                (key, b"as it was spooled".to_vec())
            })
            .collect()
    }

    /// Asks for these jobs' results to be taken back.
    pub(crate) fn withdraw(&self, jobs: &BTreeSet<u32>) {
        let runs = jobs.iter().map(|job| format!("run%20{job}-lab-{job}.0")).collect();
        let request = Request { format: 1, runs, why: "a test".into(), by: "root".into() };
        let name = format!("request-{}", REQUESTS.fetch_add(1, Ordering::Relaxed));
        request.leave(&self.world.at("state"), &name).unwrap();
        // As the command does, which becomes the service account first.
        let dir = self.world.at("state/requests");
        chown(&dir, Some(NOBODY), Some(NOBODY)).unwrap();
        chown(dir.join(name + ".json"), Some(NOBODY), Some(NOBODY)).unwrap();
    }

    /// Jobs that the ledger calls published.
    pub(crate) fn published(&self) -> BTreeSet<u32> {
        let Ok(reader) = Reader::open(&self.world.at("state")) else { return BTreeSet::new() };
        let all = reader.all().unwrap_or_default().into_iter();
        all.filter(|entry| entry.state == State::Published)
            .filter_map(|entry| entry.name.split(['-', '.']).nth(1)?.parse().ok())
            .collect()
    }

    pub(crate) fn states(&self) -> BTreeMap<String, i64> {
        let reader = Reader::open(&self.world.at("state")).unwrap();
        let counts = reader.counts().unwrap();
        counts.into_iter().map(|(state, count)| (state.word().to_owned(), count)).collect()
    }

    /// Returns once more than `count` failpoints were passed since the last call of
    /// [`Self::edges_cut`], or none for a while: there is nothing to do any more.
    pub(crate) fn wait_for_edges(&self, count: u64) {
        let (mut before, mut still) = (0, 0);
        while still < 500 {
            let text = fs::read(self.world.at("failpoints")).unwrap();
            let fresh =
                text[self.read.get()..].iter().filter(|&&byte| byte == b'\n').count() as u64;
            if fresh > count {
                return;
            }
            still = if fresh == before { still + 1 } else { 0 };
            before = fresh;
            sleep(Duration::from_millis(1));
        }
    }

    /// Failpoints behind which runs were when the process ended, since the last call.
    pub(crate) fn edges_cut(&self) -> BTreeSet<String> {
        let text = fs::read_to_string(self.world.at("failpoints")).unwrap();
        let fresh = &text[self.read.replace(text.len())..];
        let lines = fresh.lines().filter_map(|line| line.split_once(' '));
        // Runs are named by their attestation at some failpoints, by their run id at others.
        let job = |run: &str| {
            let run = run.trim_end_matches(".json").trim_end_matches(".0");
            run.rsplit('-').next().unwrap_or_default().to_owned()
        };
        let last: HashMap<String, &str> =
            lines.map(|(failpoint, run)| (job(run), failpoint)).collect();
        last.into_values().map(str::to_owned).collect()
    }

    pub(crate) fn audit_holds(&self) -> bool {
        let Ok(log) = fs::File::open(self.world.at("state/audit.jsonl")) else { return false };
        sluice_site::audit::verify(BufReader::new(log)).is_ok()
    }
}

/// When every run ended: the same in all worlds, and within the validity of their certificates.
fn ended() -> i64 {
    static ENDED: OnceLock<i64> = OnceLock::new();
    *ENDED.get_or_init(|| OffsetDateTime::now_utc().unix_timestamp() - 3600)
}

/// What a bucket has a manifest of that isn't there, or is something else.
pub(crate) fn broken(bucket: &BTreeMap<String, Vec<u8>>) -> Option<String> {
    let manifests = bucket.iter().filter(|(key, _)| key.ends_with("/manifest.json"));
    for (key, manifest) in manifests {
        let run = key.trim_end_matches("manifest.json");
        let manifest: Value = serde_json::from_slice(manifest).unwrap();
        for file in manifest["files"].as_array().unwrap() {
            let key = format!("{run}{}", file["path"].as_str().unwrap());
            let found = bucket.get(&key).map(|bytes| Digest::of(bytes).hex());
            if found.as_deref() != file["sha256"].as_str() {
                return Some(key);
            }
        }
        let attestation = format!("{run}attestation.json");
        if !bucket.contains_key(&attestation) {
            return Some(attestation);
        }
    }
    None
}
