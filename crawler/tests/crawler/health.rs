//! What systemd, the log and the metrics say of a crawler that can't do its work.

use std::{
    fs::{self, OpenOptions, Permissions},
    io::{Read, Write},
    os::unix::{
        fs::{PermissionsExt, chown},
        net::{UnixDatagram, UnixStream},
    },
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use crate::world::{
    World,
    program::{Daemon, NOBODY, wait_for},
};

const BINARY: &str = env!("CARGO_BIN_EXE_sluice-crawler");
/// Longest time for anything to happen by itself.
const PATIENCE: Duration = Duration::from_secs(60);
const TABLE: &[u8] = b"a,b\n1,2\n";

/// A daemon with a socket as systemd's, a log and metrics; it scans every second.
struct Watched {
    daemon: Daemon,
    told: Receiver<String>,
    log: PathBuf,
    metrics: PathBuf,
}

fn world() -> Option<World> {
    let world = World::new()?;
    let store = format!("store = \"file://{}\"\n", world.at("published").display());
    let metrics = format!("metrics = {:?}\n", world.at("status/metrics"));
    world.inhabit(&world.site_with(&(store + "interval-seconds = 1\n" + &metrics)));
    Some(world)
}

impl Watched {
    /// With `disk` the crawler's own directory is a file system of that size.
    fn start(world: &World, disk: &str) -> Self {
        let (socket, log) = (world.at("told"), world.at("log"));
        let _ = fs::remove_file(&socket);
        let listener = UnixDatagram::bind(&socket).unwrap();
        chown(&socket, Some(NOBODY), None).unwrap();
        let (hears, told) = mpsc::channel();
        // A full socket would hold the daemon up.
        thread::spawn(move || {
            let mut message = [0; 4096];
            while let Ok(length) = listener.recv(&mut message) {
                let _ = hears.send(String::from_utf8_lossy(&message[..length]).into_owned());
            }
        });
        let mut command = world.program(BINARY, &["run"]);
        command.env("SLUICE_TEST_DISK", disk).env("NOTIFY_SOCKET", &socket);
        command.env("WATCHDOG_USEC", "200000").stderr(fs::File::create(&log).unwrap());
        let daemon = Daemon::start(&mut command);
        Self { daemon, told, log, metrics: world.at("status/metrics") }
    }

    /// All messages up to one that has `word`.
    fn hear_until(&self, word: &str) -> String {
        let mut heard = String::new();
        while !heard.contains(word) {
            heard += &self.told.recv_timeout(PATIENCE).unwrap();
        }
        heard
    }

    fn logged(&self, words: &str) -> usize {
        fs::read_to_string(&self.log).unwrap().matches(words).count()
    }

    fn metrics(&self) -> String {
        let mut said = String::new();
        let mut ask = || {
            let mut stream = UnixStream::connect(&self.metrics).ok()?;
            stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").ok()?;
            stream.read_to_string(&mut said).ok()
        };
        ask();
        said
    }

    /// The file that takes all room on the crawler's disk.
    fn filler(&self) -> PathBuf {
        format!("/proc/{}/root/var/lib/sluice/crawler/filler", self.daemon.id()).into()
    }
}

fn fill(path: &Path) {
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
}

fn shut(world: &World, mode: u32) {
    let spool = world.spooled(1).parent().unwrap().to_owned();
    fs::set_permissions(spool, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_full_disk_below_the_ledger_is_told_once_and_silences_the_watchdog() {
    let Some(world) = world() else { return };
    let watched = Watched::start(&world, "1m");
    watched.hear_until("READY=1");
    watched.hear_until("WATCHDOG=1");
    assert!(watched.metrics().contains("sluice_crawler_up 1"));
    fill(&watched.filler());
    watched.hear_until("STATUS=ledger: ");
    // What follows a failure is another try, a second later.
    let failing = watched.hear_until("STATUS=ledger: ") + &watched.hear_until("STATUS=ledger: ");
    assert!(!failing.contains("WATCHDOG=1"), "{failing}");
    assert!(watched.metrics().contains("sluice_crawler_up 0"));
    assert_eq!(watched.logged("ledger: "), 1, "a line a change");
    fs::remove_file(watched.filler()).unwrap();
    watched.hear_until("WATCHDOG=1");
    assert_eq!(watched.logged("ledger: works again"), 1);
    assert!(watched.metrics().contains("sluice_crawler_up 1"));
    world.run(2, "box").file("results.csv", TABLE).attest();
    wait_for(|| world.at("published/alice/box-lab-2.0/manifest.json").exists());
    assert_eq!(watched.daemon.end("-TERM"), Some(0));
}

#[test]
fn ready_is_what_has_looked_at_the_runs_once() {
    let Some(world) = world() else { return };
    shut(&world, 0);
    let watched = Watched::start(&world, "");
    let heard = watched.hear_until("STATUS=scan: ");
    assert!(!heard.contains("READY=1"), "{heard}");
    shut(&world, 0o755);
    watched.hear_until("READY=1");
    assert_eq!(watched.daemon.end("-TERM"), Some(0));
}

#[test]
fn counts_are_kept_over_a_restart() {
    let Some(world) = world() else { return };
    world.run(1, "box").file("plots/x", b"x\n").attest();
    let held = "sluice_crawler_held_runs{code=\"output-refused\"} 1";
    let scan = "sluice_crawler_last_scan_timestamp_seconds ";
    let watched = Watched::start(&world, "");
    wait_for(|| watched.metrics().contains(held));
    watched.hear_until("READY=1");
    assert_eq!(watched.daemon.end("-TERM"), Some(0));
    // Nothing can be counted anew.
    shut(&world, 0);
    let watched = Watched::start(&world, "");
    watched.hear_until("STATUS=scan: ");
    let said = watched.metrics();
    assert!(said.contains(held) && said.contains("sluice_crawler_up 0"), "{said}");
    let scanned = said.lines().find_map(|line| line.strip_prefix(scan));
    assert!(scanned.unwrap().parse::<f64>().unwrap() > 0.0, "{said}");
    assert_eq!(watched.daemon.end("-TERM"), Some(0));
}
