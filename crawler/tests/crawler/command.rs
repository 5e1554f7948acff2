//! The program's commands.

use std::{fs, thread::sleep, time::Duration};

use serde_json::Value;
use sluice_crawler::{ledger::Reader, outcome::State};

use crate::world::{
    World,
    program::{self, Daemon, wait_for},
    server::Server,
};

const BINARY: &str = env!("CARGO_BIN_EXE_sluice-crawler");
const TABLE: &[u8] = b"a,b\n1,2\n";

fn world() -> Option<World> {
    let world = World::new()?;
    world.inhabit(&world.site());
    Some(world)
}

fn output(world: &World, words: &[&str]) -> (Option<i32>, Value, String) {
    program::output(world.program(BINARY, words))
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
    let store = world.at("published");
    let slow = format!("store = \"file://{}\"\ninterval-seconds = 3600\n", store.display());
    world.inhabit(&world.site_with(&slow));
    let done = |job: u32| {
        let path = world.at(&format!("published/alice/box-lab-{job}.0/manifest.json"));
        move || path.exists()
    };
    let daemon = world.daemon(BINARY);
    world.run(1, "box").file("results.csv", TABLE).attest();
    wait_for(done(1));
    // The next scan is an hour away: an event wakes it.
    world.run(2, "box").file("results.csv", TABLE).attest();
    wait_for(done(2));
    let (code, _, said) = output(&world, &["once"]);
    assert_eq!(code, Some(4));
    assert!(said.contains("another crawler"), "{said}");
    assert_eq!(daemon.end("-TERM"), Some(0));
    for job in 3..40 {
        world.run(job, "box").file("results.csv", TABLE).attest();
    }
    for pause in [0, 30, 60, 120] {
        let daemon = world.daemon(BINARY);
        sleep(Duration::from_millis(pause));
        daemon.end("-KILL");
    }
    let daemon = world.daemon(BINARY);
    (3..40).for_each(|job| wait_for(done(job)));
    // The ledger learns of it a moment later.
    let all = serde_json::json!({"published": 39});
    wait_for(|| output(&world, &["status", "--json"]).1["counts"] == all);
    assert_eq!(daemon.end("-INT"), Some(0));
    for job in 1..40 {
        let run = world.at(&format!("published/alice/box-lab-{job}.0"));
        assert_eq!(fs::read(run.join("results.csv")).unwrap(), TABLE);
        assert_eq!(fs::read_dir(run).unwrap().count(), 3);
    }
}

#[test]
fn keys_are_on_no_command_line_and_in_no_log() {
    let Some(world) = World::new() else { return };
    let server = Server {
        name: "none".into(),
        url: "http://127.0.0.1:1".into(),
        region: "lab".into(),
        bucket: "results".into(),
        key: "the-access-key".into(),
        secret: "the-secret-key".into(),
    };
    world.inhabit(&world.site_with(&server.section(&world, "pre")));
    world.run(1, "box").file("results.csv", TABLE).attest();
    let (code, said, log) = output(&world, &["once", "--json"]);
    assert_eq!((code, said["retry"].as_u64()), (Some(4), Some(1)));
    let (_, status, _) = output(&world, &["status", "--json"]);
    assert_eq!(status["runs"][0]["code"], "store-unavailable");
    let (code, validated, _) = output(&world, &["validate", "--json"]);
    assert_eq!(code, Some(4));
    let daemon = world.daemon(BINARY);
    wait_for(|| {
        fs::read_to_string(format!("/proc/{}/comm", daemon.id()))
            .is_ok_and(|comm| comm.starts_with("sluice-crawler"))
    });
    let proc = |name: &str| fs::read(format!("/proc/{}/{name}", daemon.id())).unwrap();
    let seen =
        [proc("cmdline"), proc("environ")].map(|it| String::from_utf8_lossy(&it).into_owned());
    for text in [log, status.to_string(), validated.to_string()].iter().chain(&seen) {
        assert!(!text.contains("the-secret-key") && !text.contains("the-access-key"), "{text}");
    }
    daemon.end("-TERM");
}

#[test]
fn runs_are_withdrawn_beside_the_daemon_and_without_it() {
    let Some(world) = world() else { return };
    for job in 1..4 {
        world.run(job, "box").file("results.csv", TABLE).attest();
    }
    assert_eq!(output(&world, &["once"]).0, Some(0));
    let gone = |job: u32| {
        let run = world.at(&format!("published/alice/box-lab-{job}.0"));
        run.join("tombstone.json").exists() && !run.join("results.csv").exists()
    };
    let (code, _, said) = output(&world, &["withdraw", "box-lab-1.0", "--why", "wrong"]);
    assert_eq!((code, gone(1)), (Some(0), true), "{said}");
    let daemon = world.daemon(BINARY);
    wait_for(|| world.at("state/requests").exists());
    let (code, _, said) = output(&world, &["withdraw", "box-lab-2.0", "--why", "wrong"]);
    assert_eq!((code, gone(2)), (Some(0), true), "{said}");
    daemon.end("-TERM");
    for words in [
        &["withdraw", "box-lab-2.0", "--why", "again"][..],
        &["withdraw", "never-lab-1.0", "--why", "x"],
        &["withdraw", "--digest", "sha256:0", "--why", "x"],
        &["status", "never-lab-1.0"],
    ] {
        assert!(matches!(output(&world, words).0, Some(1 | 4)), "{words:?}");
    }
    assert_eq!(output(&world, &["withdraw", "box-lab-3.0"]).0, Some(2), "a reason is needed");
    let digest = world.run(9, "box").predicate.basis.digest.to_string();
    let (code, ..) = output(&world, &["withdraw", "--digest", &digest, "--why", "wrong filter"]);
    assert_eq!((code, gone(3)), (Some(0), true));
    let (_, said, _) = output(&world, &["status", "box-lab-3.0", "--json"]);
    assert_eq!(said["runs"][0]["state"], "withdrawn");
    assert_eq!(said["runs"][0]["message"], "wrong filter (root)");
}

#[test]
fn the_configuration_is_read_again_and_metrics_are_served() {
    let Some(world) = world() else { return };
    let socket = world.at("state/metrics");
    let store = world.at("published");
    let section = |metrics: &str| {
        world.site_with(&format!("store = \"file://{}\"\n{metrics}", store.display()))
    };
    world.inhabit(&section(""));
    let daemon = world.daemon(BINARY);
    world.run(1, "box").file("results.csv", TABLE).attest();
    let manifest = |job: u32| store.join(format!("alice/box-lab-{job}.0/manifest.json"));
    wait_for(|| manifest(1).exists());
    // A configuration that makes no sense changes nothing.
    world.inhabit("format = 2");
    daemon.signal("-HUP");
    world.run(2, "box").file("results.csv", TABLE).attest();
    wait_for(|| manifest(2).exists());
    // The ledger learns of it a moment later; else the next crawler would publish it, too.
    wait_for(|| {
        let counts = Reader::open(&world.at("state")).and_then(|ledger| ledger.counts());
        counts.unwrap_or_default() == [(State::Published, 2)]
    });
    world.inhabit(&section(&format!("metrics = {socket:?}\n")));
    daemon.signal("-HUP");
    wait_for(|| socket.exists());
    world.run(3, "box").file("results.csv", TABLE).attest();
    wait_for(|| manifest(3).exists());
    let ask = || {
        let mut stream = std::os::unix::net::UnixStream::connect(&socket).ok()?;
        std::io::Write::write_all(&mut stream, b"GET /metrics HTTP/1.0\r\n\r\n").ok()?;
        let mut said = String::new();
        std::io::Read::read_to_string(&mut stream, &mut said).ok()?;
        Some(said)
    };
    wait_for(|| {
        ask().is_some_and(|said| {
            said.contains("sluice_crawler_runs{state=\"published\"} 3")
                && said.contains("sluice_crawler_published_bytes_total 24")
                && said.ends_with("# EOF\n")
        })
    });
    assert_eq!(daemon.end("-TERM"), Some(0));
}

#[test]
fn a_lost_ledger_hinders_no_withdrawal() {
    let Some(world) = world() else { return };
    for job in 1..5 {
        world.run(job, "box").file("results.csv", TABLE).attest();
    }
    assert_eq!(output(&world, &["once"]).0, Some(0));
    let lose = || {
        for entry in fs::read_dir(world.at("state")).unwrap() {
            let path = entry.unwrap().path();
            let _ = fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path));
        }
    };
    for job in 1..5 {
        fs::remove_file(world.spooled(job)).unwrap();
    }
    let digest = world.run(9, "box").predicate.basis.digest.to_string();
    let gone = |job: u32| {
        let run = world.at(&format!("published/alice/box-lab-{job}.0"));
        run.join("tombstone.json").exists() && !run.join("results.csv").exists()
    };
    for (run, job) in [("box-lab-1.0", 1), ("alice/box-lab-2.0", 2)] {
        lose();
        let (code, _, said) = output(&world, &["withdraw", run, "--why", "wrong"]);
        assert_eq!((code, gone(job)), (Some(0), true), "{said}");
        let (code, _, said) = output(&world, &["withdraw", run, "--why", "wrong"]);
        assert_eq!(code, Some(1), "{said}");
    }
    lose();
    assert_eq!(output(&world, &["once", "--rebuild"]).0, Some(0));
    let counts = output(&world, &["status", "--json"]).1["counts"].clone();
    assert_eq!(counts, serde_json::json!({"published": 2, "withdrawn": 2}));
    lose();
    let (code, _, said) = output(&world, &["withdraw", "--digest", &digest, "--why", "wrong"]);
    assert_eq!((code, gone(3), gone(4)), (Some(0), true, true), "{said}");
}

#[test]
fn what_can_t_be_told_is_said_once() {
    let Some(world) = world() else { return };
    world.inhabit(&(world.site() + "interval-seconds = 1\n"));
    let owner = |uid| std::os::unix::fs::chown(world.at("status"), Some(uid), None).unwrap();
    owner(0);
    for job in 1..60 {
        world.run(job, "box").file("results.csv", TABLE).attest();
    }
    let log = world.at("log");
    let daemon =
        Daemon::start(world.program(BINARY, &["run"]).stderr(fs::File::create(&log).unwrap()));
    let said = |words: &str| fs::read_to_string(&log).unwrap().matches(words).count();
    wait_for(|| {
        let counts = Reader::open(&world.at("state")).and_then(|ledger| ledger.counts());
        counts.unwrap_or_default() == [(State::Published, 59)]
    });
    wait_for(|| said("status files") == 1);
    owner(program::NOBODY);
    wait_for(|| said("status files: works again") == 1);
    assert_eq!((said("status files: they can't"), said("ERROR")), (1, 1));
    wait_for(|| fs::read_dir(world.at("status")).unwrap().count() == 59);
    assert_eq!(daemon.end("-TERM"), Some(0));
}

/// A configuration that parses, and can't be worked with, leaves the one before in force.
#[test]
fn what_can_t_be_opened_is_not_changed_to() {
    let Some(world) = world() else { return };
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap();
    let log = world.at("log");
    let daemon =
        Daemon::start(world.program(BINARY, &["run"]).stderr(fs::File::create(&log).unwrap()));
    let says = |words: &str, times: usize| {
        wait_for(|| fs::read_to_string(&log).unwrap().matches(words).count() == times);
    };
    let good = world.site();
    let mut published = 0;
    let mut goes_on = || {
        published += 1;
        world.run(published, "box").file("results.csv", TABLE).attest();
        let run = format!("published/alice/box-lab-{published}.0/manifest.json");
        wait_for(|| world.at(&run).exists());
    };
    goes_on();
    for (section, cause) in [
        ("store = \"file:///nonexistent/place\"\n".to_owned(), "nonexistent"),
        (
            format!(
                "store = \"file://{}\"\nmetrics = \"{port}\"\n",
                world.at("published").display()
            ),
            "metrics can't be served",
        ),
    ] {
        fs::write(world.at("etc/sluice.toml"), world.site_with(&section)).unwrap();
        daemon.signal("-HUP");
        says(cause, 1);
        goes_on();
    }
    says("configuration: it stays as it was", 2);
    fs::write(world.at("etc/sluice.toml"), good).unwrap();
    daemon.signal("-HUP");
    says("the configuration has not changed", 1);
    goes_on();
    assert_eq!(daemon.end("-TERM"), Some(0));
}

#[test]
fn the_end_is_not_lost_in_a_reload() {
    let Some(world) = world() else { return };
    for round in 0..12 {
        let daemon = world.daemon(BINARY);
        world.run(round, "box").file("results.csv", TABLE).attest();
        let run = world.at(&format!("published/alice/box-lab-{round}.0/manifest.json"));
        wait_for(|| run.exists());
        let interval = format!("interval-seconds = {}\n", round + 1);
        fs::write(world.at("etc/sluice.toml"), world.site() + &interval).unwrap();
        // Both come at once.
        for signal in ["-STOP", "-HUP", "-TERM"] {
            daemon.signal(signal);
        }
        assert_eq!(daemon.end("-CONT"), Some(0), "{round}");
    }
}

#[test]
fn without_attestations_every_word_warns() {
    let Some(world) = world() else { return };
    let section = format!(
        "store = \"file://{}\"\nrequire-attestation = false\n",
        world.at("published").display()
    );
    world.inhabit(&world.site_with(&section));
    let (code, _, log) = output(&world, &["once", "--adopt"]);
    assert_eq!(code, Some(0));
    assert!(log.contains("require-attestation = false"), "{log}");
    let (_, said, _) = output(&world, &["status", "--json"]);
    assert!(said["warning"].as_str().unwrap().contains("require-attestation"));
}

#[test]
fn a_full_disk_loses_and_doubles_nothing() {
    let Some(world) = world() else { return };
    for job in 1..40 {
        world.run(job, "box").file("results.csv", TABLE).attest();
    }
    let complete = || {
        let done = |job: &u32| {
            world.at(&format!("published/alice/box-lab-{job}.0/manifest.json")).exists()
        };
        (1..40u32).filter(done).count()
    };
    for size in ["64k", "100k", "128k", "200k"] {
        let mut command = world.program(BINARY, &["once", "--json"]);
        let (code, ..) = program::output({
            command.env("SLUICE_TEST_DISK", size);
            command
        });
        assert!(matches!(code, Some(0 | 4)), "{size}: {code:?}");
        // That disk is gone with the ledger on it.
        let (code, said, log) = output(&world, &["once", "--json"]);
        assert_eq!(code, Some(0), "{size}: {log}");
        assert_eq!((said["held"].as_u64(), complete()), (Some(0), 39), "{size}");
        for entry in fs::read_dir(world.at("state")).unwrap() {
            let path = entry.unwrap().path();
            let _ = fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path));
        }
    }
}

#[test]
fn a_permission_that_is_lost_is_waited_for() {
    use std::os::unix::fs::PermissionsExt;
    let Some(world) = world() else { return };
    world.run(7, "box").file("results.csv", TABLE).attest();
    let sealed = world.at("sealed/lab/7.0");
    let mode = |mode| fs::set_permissions(&sealed, PermissionsExt::from_mode(mode)).unwrap();
    mode(0o700);
    let (code, said, _) = output(&world, &["once", "--json"]);
    assert_eq!((code, said["retry"].as_u64()), (Some(4), Some(1)));
    mode(0o755);
    assert_eq!(output(&world, &["once", "--json"]).1["published"].as_u64(), Some(1));
}
