//! No run stands in another's way, whatever its user makes of it.

use std::{fs, thread, time::Duration};

use object_store::{ObjectStoreExt, path::Path};
use rustix::process::{Signal, getpid, kill_process};

use sluice_crawler::{
    config::Location,
    ledger::Reader,
    outcome::State,
    serve::{daemon, pass::Pass, signals::Signals},
    store::Store,
};
use sluice_policy::attestation::OutputFile;

use crate::world::{
    World, block_on,
    faults::{Fault, Faulty},
    program::wait_for,
};

const TABLE: &[u8] = b"a,b\n1,2\n";
/// Whether a job's manifest is in the store.
async fn has(world: &World, job: u32) -> bool {
    let key = Path::from(format!("pre/fix/alice/box-lab-{job}.0/manifest.json"));
    world.objects.head(&key).await.is_ok()
}

const BINARY: &str = env!("CARGO_BIN_EXE_sluice-crawler");

#[test]
fn a_result_that_takes_hours_to_send_delays_no_other() {
    let Some(world) = World::new() else { return };
    world.run(1, "endless").file("results.csv", TABLE).attest();
    let store = Faulty::new(world.objects.clone(), Fault::HangAt("/endless-"), usize::MAX);
    let published = |job: u32| {
        let name = format!("lab-{job}.0.json");
        let all = Reader::open(&world.at("state")).and_then(|ledger| ledger.all());
        all.unwrap_or_default().iter().any(|run| run.name == name && run.state == State::Published)
    };
    thread::scope(|scope| {
        let (stop, stopped) = tokio::sync::oneshot::channel();
        scope.spawn(|| {
            block_on(async {
                let crawler = world.crawler_on(store.clone());
                let mut signals = Signals::catch().unwrap();
                tokio::select! {
                    ended = daemon::run(&crawler, None, &mut signals, || None::<()>) => panic!("{ended:?}"),
                    _ = stopped => {}
                }
            });
        });
        block_on(store.halted());
        for job in 2..60 {
            world.run(job, "box").file("results.csv", TABLE).attest();
        }
        wait_for(|| (2..60).all(published));
        assert!(!published(1));
        stop.send(()).unwrap();
    });
}

/// A signal to this program: other daemons in it have nothing to read again either.
#[test]
fn a_reload_that_changes_nothing_leaves_uploads_alone() {
    let Some(world) = World::new() else { return };
    world.run(1, "endless").file("results.csv", TABLE).attest();
    let store = Faulty::new(world.objects.clone(), Fault::HangAt("/endless-"), usize::MAX);
    block_on(async {
        let crawler = world.crawler_on(store.clone());
        let mut signals = Signals::catch().unwrap();
        let (read, mut reads) = tokio::sync::mpsc::unbounded_channel();
        let reload = || {
            read.send(()).unwrap();
            None::<()>
        };
        let hangup = async {
            store.halted().await;
            for job in 2..5 {
                kill_process(getpid(), Signal::HUP).unwrap();
                reads.recv().await.unwrap();
                world.run(job, "box").file("results.csv", TABLE).attest();
                while !has(&world, job).await {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            }
        };
        tokio::select! {
            ended = daemon::run(&crawler, None, &mut signals, reload) => panic!("{ended:?}"),
            () = hangup => {}
        }
    });
    assert_eq!(store.hung(), 1, "it was sent again");
}

#[test]
fn what_the_store_refuses_of_one_run_is_no_outage_for_others() {
    let Some(world) = World::new() else { return };
    let dir = world.at("published");
    fs::create_dir_all(dir.join("alice")).unwrap();
    // A file where the directory of the first run has to be.
    fs::write(dir.join("alice/box-lab-1.0"), "in the way").unwrap();
    for job in 1..200 {
        world.run(job, "box").file("results.csv", TABLE).attest();
    }
    let store = Store::open(&Location::Directory(dir)).unwrap();
    let pass = block_on(world.crawler_with(store).pass()).unwrap();
    assert_eq!(pass, Pass { published: 198, held: 1, ..Pass::default() });
    assert_eq!(world.stands(1).reason.code(), "store-refused");
}

#[test]
fn names_that_a_directory_can_t_hold_are_held() {
    let Some(world) = World::new() else { return };
    let dir = world.at("published");
    fs::create_dir(&dir).unwrap();
    let longest = format!("plots/{}", "x".repeat(255));
    world.run(1, "box").file("results.csv", TABLE).file(&longest, b"x\n").attest();
    world.run(2, "box").file("results.csv", TABLE).attest();
    let store = Store::open(&Location::Directory(dir.clone())).unwrap();
    let pass = block_on(world.crawler_with(store).pass()).unwrap();
    assert_eq!(pass, Pass { published: 1, held: 1, ..Pass::default() });
    assert_eq!(world.stands(1).reason.code(), "name-refused");
    assert!(!dir.join("alice/box-lab-1.0").exists());
}

#[test]
fn many_long_attestations_don_t_fill_the_memory() {
    const RUNS: u32 = 12;
    let Some(world) = World::new() else { return };
    world.inhabit(&world.site());
    let listed: Vec<OutputFile> = (0..2000)
        .map(|number| OutputFile {
            path: format!("elsewhere/{}/{number}", "x".repeat(400)),
            bytes: 1,
            sha256: "0".repeat(64),
            rule: 0,
        })
        .collect();
    for job in 1..=RUNS {
        let run = world.run(job, "box").file("results.csv", TABLE);
        run.but(|run| run.files.extend(listed.iter().cloned())).attest();
    }
    let size = fs::metadata(world.spooled(1)).unwrap().len();
    assert!(size > 1 << 20, "{size}");
    let daemon = world.daemon(BINARY);
    wait_for(|| {
        let counts = Reader::open(&world.at("state")).and_then(|ledger| ledger.counts());
        counts.unwrap_or_default() == [(State::Held, RUNS.into())]
    });
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.id())).unwrap();
    daemon.end("-TERM");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak < 80 << 10, "{peak} KiB");
}
