//! The program itself, as the service account, in a mount namespace with its own /etc/sluice.

use std::{
    fs,
    os::unix::fs::chown,
    process::{Child, Command, Output},
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::world::World;

const NOBODY: u32 = 65534;
const TABLE: &[u8] = b"a,b\n1,2\n";

/// Hides the host's own places behind the world's, then becomes the crawler.
const ENTER: &str = r#"
mount -t overlay -o "lowerdir=/etc,upperdir=$0/upper,workdir=$0/work" overlay /etc
mkdir -p /etc/sluice && mount --bind "$0/etc" /etc/sluice
mount -t tmpfs -o mode=0755 tmpfs /var/lib
mkdir -p /var/lib/sluice/crawler && mount --bind "$0/state" /var/lib/sluice/crawler
exec "$@"
"#;

/// A world whose shared places are the service account's.
fn world() -> Option<World> {
    let world = World::new()?;
    for path in ["published", "upper", "work"] {
        fs::create_dir(world.at(path)).unwrap();
    }
    for path in ["published", "status", "state"] {
        chown(world.at(path), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    fs::write(world.at("etc/sluice.toml"), world.site()).unwrap();
    Some(world)
}

fn crawler(world: &World, words: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-e", "-c", ENTER]).arg(world.dir.path());
    command.arg(env!("CARGO_BIN_EXE_sluice-crawler")).args(words);
    command
}

fn output(world: &World, words: &[&str]) -> (Option<i32>, Value, String) {
    let Output { status, stdout, stderr } = crawler(world, words).output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    (status.code(), serde_json::from_slice(&stdout).unwrap_or_default(), said)
}

fn start(world: &World) -> Child {
    crawler(world, &["run"]).spawn().unwrap()
}

fn wait_for(what: impl Fn() -> bool) {
    let started = Instant::now();
    while !what() {
        assert!(started.elapsed() < Duration::from_secs(20));
        sleep(Duration::from_millis(5));
    }
}

fn kill(child: &mut Child, signal: &str) -> Option<i32> {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    child.wait().unwrap().code()
}

#[test]
fn once_and_status_speak_json_and_exit_codes() {
    let Some(world) = world() else { return };
    world.run(7, "box").file("results.csv", TABLE).attest();
    let (code, said, _) = output(&world, &["once", "--json"]);
    assert_eq!((code, said["published"].as_u64()), (Some(0), Some(1)));
    assert!(world.at("published/alice/box-lab-7.0/manifest.json").exists());
    world.run(8, "box").file("plots/x", b"x\n").attest();
    let (code, said, log) = output(&world, &["once", "--json"]);
    assert_eq!((code, said["held"].as_u64()), (Some(1), Some(1)));
    assert!(log.contains("output-missing"), "{log}");
    let (code, said, _) = output(&world, &["status", "--json"]);
    assert_eq!(code, Some(0));
    assert_eq!((&said["counts"]["published"], &said["counts"]["held"]), (&1.into(), &1.into()));
    assert_eq!(said["runs"][0]["run-id"], "box-lab-8.0");
    assert_eq!(output(&world, &["never"]).0, Some(2));
    fs::write(world.at("etc/sluice.toml"), "format = 2").unwrap();
    assert_eq!(output(&world, &["once"]).0, Some(3));
}

#[test]
fn the_daemon_is_quick_alone_and_survives_kill_9() {
    let Some(world) = world() else { return };
    let done = |job: u32| {
        let path = world.at(&format!("published/alice/box-lab-{job}.0/manifest.json"));
        move || path.exists()
    };
    let mut daemon = start(&world);
    world.run(1, "box").file("results.csv", TABLE).attest();
    wait_for(done(1));
    let started = Instant::now();
    world.run(2, "box").file("results.csv", TABLE).attest();
    wait_for(done(2));
    assert!(started.elapsed() < Duration::from_secs(2), "an event wakes it");
    let (code, _, said) = output(&world, &["once"]);
    assert_eq!(code, Some(4));
    assert!(said.contains("another crawler"), "{said}");
    assert_eq!(kill(&mut daemon, "-TERM"), Some(0));
    for job in 3..40 {
        world.run(job, "box").file("results.csv", TABLE).attest();
    }
    for pause in [0, 30, 60, 120] {
        let mut daemon = start(&world);
        sleep(Duration::from_millis(pause));
        kill(&mut daemon, "-KILL");
    }
    let mut daemon = start(&world);
    (3..40).for_each(|job| wait_for(done(job)));
    assert_eq!(kill(&mut daemon, "-INT"), Some(0));
    let (_, said, _) = output(&world, &["status", "--json"]);
    assert_eq!(said["counts"], serde_json::json!({"published": 39}));
    for job in 1..40 {
        let run = world.at(&format!("published/alice/box-lab-{job}.0"));
        assert_eq!(fs::read(run.join("results.csv")).unwrap(), TABLE);
        assert_eq!(fs::read_dir(run).unwrap().count(), 3);
    }
}
