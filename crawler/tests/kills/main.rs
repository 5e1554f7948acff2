//! `make kills`: kill -9 at every failpoint of a run's life and at random moments under load. Afterwards
//! the bucket is, byte for byte, what a crawler that nobody killed publishes.
//!
//! Started by tests/kills, with the crawler built with the feature `failpoints`.
#![allow(clippy::unwrap_used)]

#[path = "../crawler/world/mod.rs"]
mod world;

mod site;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::Path,
    process::ExitCode,
    thread::sleep,
    time::Duration,
};

use serde_json::json;
use site::{Site, broken};
use sluice_crawler::failpoint::FAILPOINTS;

/// Bucket and number of runs in each state.
type Left = (BTreeMap<String, Vec<u8>>, BTreeMap<String, i64>);

/// Seldom reached, so that the second time of one needs more runs than there are.
const TIMES: [u32; 2] = [1, 2];
/// Most that a run passes on its way to its bucket.
const EDGES_PER_RUN: u64 = 15;
/// Then a new site begins: s3s-fs goes through a whole bucket to list a part of it.
const KILLS_PER_SITE: u64 = 25;

fn setting(name: &str, default: u64) -> u64 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn main() -> ExitCode {
    let mut checks = Checks::default();
    at_every_edge(&mut checks);
    let seed = setting("SEED", std::process::id().into());
    let kills = setting("KILLS", 500);
    println!("seed {seed}");
    let hit = at_random_moments(&mut checks, seed, kills);
    manifest_first(&mut checks);
    clock_jumps(&mut checks);
    let report = json!({
        "seed": seed,
        "random-kills": kills,
        "failpoints": FAILPOINTS,
        "failpoints-hit-at-random": hit,
        "passed": checks.passed,
        "failed": checks.failed,
    });
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/report");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("kills.json"), format!("{report:#}\n")).unwrap();
    println!("{} passed, {} failed", checks.passed, checks.failed);
    ExitCode::from(u8::from(checks.failed > 0))
}

#[derive(Default)]
struct Checks {
    passed: usize,
    failed: usize,
}

impl Checks {
    fn check(&mut self, what: &str, good: bool) {
        if good {
            self.passed += 1;
        } else {
            self.failed += 1;
            println!("FAIL {what}");
        }
    }
}

/// What an undisturbed crawler leaves of the same runs, after `withdrawn` were taken back.
fn undisturbed(runs: u32, withdrawn: &BTreeSet<u32>) -> Left {
    let site = Site::new();
    site.attest(1..=runs);
    assert!(site.once(&[]).is_some(), "the undisturbed pass ends");
    site.withdraw(withdrawn);
    assert!(site.once(&[]).is_some(), "the undisturbed withdrawal ends");
    (site.bucket(), site.states())
}

fn at_every_edge(checks: &mut Checks) {
    const RUNS: u32 = 12;
    let withdrawn = BTreeSet::from([6, 7]);
    let expected = undisturbed(RUNS, &withdrawn);
    for failpoint in FAILPOINTS {
        for count in TIMES {
            let site = Site::new();
            site.attest(1..=RUNS);
            let at = format!("{failpoint}:{count}");
            let kill = [("SLUICE_KILL_AT", at.as_str())];
            let mut killed = site.once(&kill).is_none();
            checks.check(
                &format!("{at}: nothing is there in part"),
                broken(&site.bucket()).is_none(),
            );
            checks.check(&format!("{at}: the next pass ends"), site.once(&[]).is_some());
            site.withdraw(&withdrawn);
            if !killed {
                killed = site.once(&kill).is_none();
                checks.check(&format!("{at}: no ruins"), broken(&site.bucket()).is_none());
            }
            checks.check(&format!("{at} is reached"), killed);
            checks.check(&format!("{at}: the last pass ends"), site.once(&[]).is_some());
            let left = (site.bucket(), site.states());
            checks.check(&format!("{at}: as if undisturbed"), left == expected);
            checks.check(&format!("{at}: the audit log holds"), site.audit_holds());
        }
    }
    println!("{} failpoints, {} times each", FAILPOINTS.len(), TIMES.len());
}

/// Kills daemons while runs come in; says which failpoints kills fell behind.
fn at_random_moments(checks: &mut Checks, seed: u64, kills: u64) -> BTreeSet<String> {
    let mut random = Random(seed | 1);
    let (mut hit, mut runs, mut left) = (BTreeSet::new(), 0, kills);
    while left > 0 {
        let some = left.min(KILLS_PER_SITE);
        runs += kill_often(checks, &mut random, some, &mut hit);
        left -= some;
    }
    let share = 100 * hit.len() / FAILPOINTS.len();
    println!("{kills} kills, {runs} runs, {share} % of the failpoints hit");
    let missed: Vec<_> = FAILPOINTS.iter().filter(|failpoint| !hit.contains(**failpoint)).collect();
    checks.check(&format!("95 % of the failpoints are hit, not {missed:?}"), share >= 95);
    hit
}

/// The same on one site; says how many runs it had.
fn kill_often(
    checks: &mut Checks,
    random: &mut Random,
    kills: u64,
    hit: &mut BTreeSet<String>,
) -> u32 {
    let site = Site::new();
    let mut runs = 0;
    let mut withdrawn = BTreeSet::new();
    for _ in 0..kills {
        let more = 1 + random.below(8) as u32;
        site.attest(runs + 1..=runs + more);
        runs += more;
        if random.below(2) == 0 {
            let published = site.published();
            let some = published.difference(&withdrawn).copied().take(2).collect();
            site.withdraw(&some);
            withdrawn.extend(some);
        }
        let daemon = site.daemon();
        // At times a kill falls into the start, else anywhere into the work: how far that has come
        // is told by the failpoints that were passed, so that the machine's speed doesn't matter.
        if random.below(8) > 0 {
            site.wait_for_edges(random.below(u64::from(more) * EDGES_PER_RUN));
        }
        sleep(Duration::from_micros(random.below(50_000)));
        daemon.end("-KILL");
        hit.extend(site.edges_cut());
    }
    checks.check("nothing is there in part", broken(&site.bucket()).is_none());
    checks.check("the last pass ends", site.once(&[]).is_some());
    let (bucket, states) = undisturbed(runs, &withdrawn);
    let found = site.bucket();
    let differing = differing(&found, &bucket);
    checks.check(&format!("bucket equal byte for byte {differing:?}"), differing.is_empty());
    checks.check("all runs in their states", site.states() == states);
    checks.check("the audit log holds", site.audit_holds());
    runs
}

/// Keys that one bucket has and the other hasn't, or with other bytes.
fn differing<'a>(
    some: &'a BTreeMap<String, Vec<u8>>,
    others: &'a BTreeMap<String, Vec<u8>>,
) -> BTreeSet<&'a String> {
    some.keys().chain(others.keys()).filter(|key| some.get(*key) != others.get(*key)).collect()
}

/// The check itself can fail: a crawler that sends the manifest first is caught.
fn manifest_first(checks: &mut Checks) {
    let mut caught = false;
    for count in 1..6 {
        let site = Site::new();
        site.attest(1..=6);
        let at = format!("file-sent:{count}");
        site.once(&[("SLUICE_MANIFEST_FIRST", "1"), ("SLUICE_KILL_AT", &at)]);
        caught |= broken(&site.bucket()).is_some();
    }
    checks.check("a manifest that is sent first is caught", caught);
}

/// A clock that is years off publishes nothing that it shouldn't, and nothing is lost by it.
fn clock_jumps(checks: &mut Checks) {
    const RUNS: u32 = 12;
    let expected = undisturbed(RUNS, &BTreeSet::new());
    for now in ["0", "1000000000", "4000000000"] {
        let site = Site::new();
        site.attest(1..=RUNS);
        site.once(&[("SLUICE_NOW", now)]);
        let early = site.bucket();
        checks.check(&format!("at {now}: nothing is published"), early.is_empty());
        checks.check(&format!("after {now}: the next pass ends"), site.once(&[]).is_some());
        let after = (site.bucket(), site.states());
        checks.check(&format!("after {now}: as if undisturbed"), after == expected);
    }
}

/// xorshift64: a seed is all that it takes to repeat a run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}
