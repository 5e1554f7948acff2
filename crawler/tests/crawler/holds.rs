//! What is held back, and what ends a hold.

use std::{collections::BTreeSet, fs, os::unix::fs::symlink, process::Command};

use serde_json::Value;

use crate::world::{
    World, block_on, faults::Faulty, pass, run::Run, seen::assert_held, set::entry,
};
use sluice_crawler::{ledger::Reader, outcome::State, serve::pass::Pass};
use sluice_policy::{
    attestation::{JobState, Predicate},
    time::format,
};
use time::{Duration, OffsetDateTime};

const TABLE: &[u8] = b"a,b\n1,2\n";

/// Attests what `make` leaves, changes the world, and says what it is held for.
fn held(code: &str, make: impl FnOnce(Run<'_>) -> Run<'_>, change: impl FnOnce(&World)) {
    let Some(world) = World::new() else { return };
    make(world.run(7, "box")).attest();
    change(&world);
    assert_eq!(pass(&world), Pass { held: 1, ..Pass::default() }, "{code}");
    assert_held(&world, 7, code);
    let audit = world.audit();
    assert_eq!(
        (audit[0]["event"].as_str(), audit[0]["detail"]["code"].as_str()),
        (Some("hold"), Some(code))
    );
    // The second pass says nothing new.
    assert_eq!(pass(&world).held, 1);
    assert_eq!(world.audit().len(), 1);
}

fn with_table(run: Run<'_>) -> Run<'_> {
    run.file("results.csv", TABLE)
}

fn nothing(_: &World) {}

const SEALED: &str = "sealed/lab/7.0/run/results.csv";

#[test]
fn broken_attestations() {
    for cut in [0, 1, 100, usize::MAX] {
        held("attestation-invalid", with_table, |world| {
            let path = world.spooled(7);
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, &bytes[..cut.min(bytes.len() - 1)]).unwrap();
        });
    }
    held("attestation-unreadable", with_table, |world| {
        let path = world.spooled(7);
        fs::rename(&path, world.at("moved")).unwrap();
        symlink(world.at("moved"), path).unwrap();
    });
}

#[test]
fn attestations_of_others() {
    let wrong: [fn(&mut Predicate); 9] = [
        |it| it.run.node = "n2".into(),
        |it| it.run.nodes = vec!["n2".into()],
        |it| it.run.job = 8,
        |it| it.run.restart = 1,
        |it| it.run.cluster = "other".into(),
        |it| it.run.sealed = "/etc".into(),
        |it| it.run.run_id = "../bob/x-lab-7.0".into(),
        |it| it.run.user = "..".into(),
        |it| it.end.ended = OffsetDateTime::now_utc() - Duration::days(3),
    ];
    for change in wrong {
        let Some(world) = World::new() else { return };
        let run = with_table(world.run(7, "box")).but(change);
        let elsewhere = run.predicate.run.job;
        run.attest();
        if elsewhere != 7 {
            fs::rename(world.spooled(elsewhere), world.spooled(7)).unwrap();
        }
        pass(&world);
        assert_held(&world, 7, "attestation-invalid");
        assert!(!world.at("status").join(format!("{:032x}.json", 7)).exists());
    }
    held("attestation-invalid", with_table, |world| {
        world.keys().certify("stranger", "node", "n1");
        with_table(world.run(7, "box")).attest();
    });
}

#[test]
fn files_that_changed_after_the_attestation() {
    held("output-changed", with_table, |world| fs::write(world.at(SEALED), b"a,b\n1,3\n").unwrap());
    held("output-changed", with_table, |world| fs::write(world.at(SEALED), b"a,b\n").unwrap());
    held("output-changed", with_table, |world| fs::remove_file(world.at(SEALED)).unwrap());
    held("output-changed", with_table, |world| {
        fs::rename(world.at(SEALED), world.at("moved")).unwrap();
        symlink(world.at("moved"), world.at(SEALED)).unwrap();
    });
    held("output-changed", with_table, |world| {
        fs::hard_link(world.at(SEALED), world.at("second")).unwrap();
    });
    held("output-changed", with_table, |world| {
        fs::remove_file(world.at(SEALED)).unwrap();
        assert!(Command::new("mkfifo").arg(world.at(SEALED)).status().unwrap().success());
    });
    held(
        "output-changed",
        |run| with_table(run).file("plots/secret", b"x\n"),
        |world| {
            let plots = world.at("sealed/lab/7.0/run/plots");
            fs::rename(&plots, world.at("moved")).unwrap();
            symlink(world.at("moved"), plots).unwrap();
        },
    );
    held("sealed-missing", with_table, |world| {
        fs::remove_dir_all(world.at("sealed/lab/7.0")).unwrap();
    });
}

#[test]
fn what_the_rules_hold() {
    held("too-large", |run| run.file("results.csv", &[b'x'; 1001]), nothing);
    held("output-missing", |run| run.file("plots/secret", b"x\n"), nothing);
    held("too-many-rows", |run| run.file("results.csv", b"a\n1\n2\n3\n4\n"), nothing);
    held("not-csv", |run| run.file("results.csv", b"a,b\n1\n"), nothing);
    held("not-json", |run| with_table(run).file("secret.json", b"{"), nothing);
    held("needs-review", |run| with_table(run).file("look.txt", b"hello\n"), nothing);
    held("name-refused", |run| with_table(run).file("manifest.json", b"{}"), nothing);
    held("name-refused", |run| with_table(run).file("plots/secret#1", b"x\n"), nothing);
    // More than any S3 server takes for a key.
    let deep =
        ["plots", "secret", &"x".repeat(250), &"y".repeat(250), &"z".repeat(250), "a"].join("/");
    held("name-refused", |run| with_table(run).file(&format!("{deep}{deep}"), b"x\n"), nothing);
    held("output-unlisted", |run| with_table(run).file("secret.txt", b"x\n"), nothing);
    held(
        "output-unlisted",
        |run| with_table(run).but(|it| it.files[0].path = "../secret".into()),
        nothing,
    );
    held("output-irregular", |run| with_table(run).irregular("plots/secret", "symlink"), nothing);
    held("output-irregular", |run| with_table(run).irregular("results.csv", "fifo"), nothing);
}

/// Whatever a job leaves, its owner's words are one of as few as there are rules, and one more.
#[test]
fn words_of_a_hold_are_the_entrys_alone() {
    let Some(world) = World::new() else { return };
    let mut jobs = 1..;
    let mut left = |name: &str, bytes: &[u8]| {
        let run = world.run(jobs.next().unwrap(), "box");
        let run = if name == "results.csv" { run } else { with_table(run) };
        run.file(name, bytes).attest();
    };
    for n in 0..40_usize {
        left("results.csv", format!("{}b\n{}", "a,".repeat(n / 4), "1\n".repeat(n % 4)).as_bytes());
        left("results.csv", "a".repeat(1001 + n).as_bytes());
        left("plots/x", format!("{}\0", "\n".repeat(n)).as_bytes());
        left("plots/x", "a".repeat(1001 + n).as_bytes());
        left(&format!("plots/{}#", "x".repeat(n)), b"x\n");
        left("n.json", format!("{}[", "\n".repeat(n)).as_bytes());
        left("look.txt", &vec![b'\n' * u8::from(n > 9); n]);
    }
    for (job, irregular) in (900..).zip(["results.csv", "plots/x", "look.txt", "n.json", "secret"])
    {
        with_table(world.run(job, "box")).irregular(irregular, "fifo").attest();
    }
    pass(&world);
    let mut told = BTreeSet::new();
    for file in fs::read_dir(world.at("status")).unwrap() {
        let status: Value =
            serde_json::from_slice(&fs::read(file.unwrap().path()).unwrap()).unwrap();
        let word = |key: &str| status[key].as_str().unwrap_or_default().to_owned();
        let message = word("message");
        let rule = message.split_once(": ").map_or("", |(rule, _)| rule);
        told.insert([word("state"), word("code"), rule.to_owned()]);
    }
    let held = |code, rule: &str| ["held".to_owned(), String::from(code), rule.to_owned()];
    let expected = [
        held("needs-review", "rule 4 (\"look.txt\")"),
        held("output-refused", "a result isn't what the entry lets out"),
        held("output-refused", "rule 1 (\"results.csv\")"),
        held("output-refused", "rule 2 (\"plots/**\")"),
        held("output-refused", "rule 5 (\"*.json\")"),
        ["published".into(), "policy-passed".into(), String::new()],
    ];
    assert_eq!(told, BTreeSet::from(expected));
    let all = Reader::open(&world.at("state")).unwrap().all().unwrap();
    let known: BTreeSet<_> = all.into_iter().map(|entry| entry.reason.message).collect();
    assert!(known.len() > 60, "a reviewer sees all: {known:#?}");
}

#[test]
fn what_the_allowlist_holds() {
    held(
        "unapproved",
        |run| with_table(run).but(|it| it.run.held = Some("revoked".into())),
        nothing,
    );
    held(
        "entry-differs",
        |run| with_table(run).but(|it| it.basis.entry_digest = it.basis.digest),
        nothing,
    );
    held(
        "entry-unavailable",
        |run| with_table(run).but(|it| it.basis.entry = "other@1".into()),
        nothing,
    );
    held("entry-unavailable", |run| with_table(run).but(|it| it.basis.serial = 9), nothing);
    held("revoked", with_table, World::revoke_bundle);
    for key in ["controller@lab", "node"] {
        held("revoked", with_table, |world| {
            world.revoke(&format!("key]]\nfingerprint = {:?}", world.keys().fingerprint(key)));
        });
    }
}

#[test]
fn what_was_rightly_admitted_outlives_its_entry_and_its_keys_time() {
    for later in [
        // A set that doesn't have the entry any more.
        (|world| world.publish_set(2, &[("entries/new@1.toml", &entry("new"))])) as fn(&World),
        // The controller's key ran out after the run had started.
        |world| {
            let path = world.at("etc/allowed_signers");
            let text = fs::read_to_string(&path).unwrap();
            let until = OffsetDateTime::now_utc() - Duration::minutes(2);
            let until = format(until).replace(['-', ':', 'T'], "");
            let ended = format!("controller@lab valid-before=\"{until}\",namespaces");
            fs::write(path, text.replacen("controller@lab namespaces", &ended, 1)).unwrap();
        },
    ] {
        let Some(world) = World::new() else { return };
        assert_eq!(pass(&world), Pass::default(), "the crawler sees the set of that time");
        with_table(world.run(7, "box")).attest();
        later(&world);
        assert_eq!(pass(&world).published, 1);
    }
}

#[test]
fn an_expired_allowlist_makes_runs_wait_and_says_so() {
    let Some(world) = World::new() else { return };
    with_table(world.run(7, "box")).attest();
    world.publish_set_until(
        2,
        &[("entries/count@1.toml", &entry("count"))],
        OffsetDateTime::now_utc() - Duration::hours(1),
    );
    assert_eq!(pass(&world), Pass { waiting: 1, ..Pass::default() });
    assert_eq!(world.stands(7).reason.code(), "allowlist-expired");
    assert_eq!(world.status(7)["code"], "allowlist-expired");
    assert!(world.published().is_empty());
    world.publish_set(3, &[("entries/count@1.toml", &entry("count"))]);
    assert_eq!(pass(&world).published, 1);
}

#[test]
fn without_an_allowlist_nothing_is_published() {
    let Some(world) = World::new() else { return };
    with_table(world.run(7, "box")).attest();
    let current = world.at("etc/allowlist/current");
    fs::remove_file(&current).unwrap();
    assert_eq!(pass(&world).retry, 1);
    assert_eq!(world.stands(7).reason.code(), "allowlist-unavailable");
    symlink("sets/1", current).unwrap();
    assert_eq!(pass(&world).published, 1);
}

#[test]
fn failed_runs_are_final_and_publish_nothing() {
    for change in [
        (|it| it.end.exit_code = 1) as fn(&mut Predicate),
        |it| it.end.exit_code = 255,
        |it| it.end.state = JobState::Failed,
    ] {
        let Some(world) = World::new() else { return };
        with_table(world.run(7, "box")).but(change).attest();
        assert_eq!(pass(&world), Pass { failed: 1, ..Pass::default() });
        assert_eq!(world.stands(7).state, State::Failed);
        assert_eq!(world.status(7)["code"], "run-failed");
        assert!(world.published().is_empty());
        assert_eq!(pass(&world), Pass::default());
    }
}

#[test]
fn a_requeued_start_has_not_failed() {
    let Some(world) = World::new() else { return };
    with_table(world.run(7, "box")).but(|it| it.end.state = JobState::Requeued).attest();
    pass(&world);
    let status = world.status(7);
    assert_eq!((&status["state"], &status["code"]), (&"waiting".into(), &"requeued".into()));
    assert!(world.published().is_empty());
    assert_eq!(pass(&world), Pass::default(), "final all the same");
}

#[test]
fn a_run_whose_step_was_ended_is_held() {
    held("interfered", |run| with_table(run).but(|it| it.end.interfered = true), nothing);
}

#[test]
fn an_unknown_end_is_held() {
    for state in [JobState::Unknown, JobState::NodeLost] {
        held("end-unknown", |run| with_table(run).but(|it| it.end.state = state), nothing);
    }
}

#[test]
fn weskits_log_is_waited_for_and_then_held() {
    for (text, code) in
        [("{\"exit_code\"", "log-unreadable"), ("{\"exit_code\": 3}", "log-contradicts")]
    {
        held(code, |run| with_table(run).log("2026-07-01T12:00:00", text), nothing);
        let Some(world) = World::new() else { return };
        let fresh = |it: &mut Predicate| it.end.ended = OffsetDateTime::now_utc();
        with_table(world.run(7, "box")).log("2026-07-01T12:00:00", text).but(fresh).attest();
        assert_eq!(pass(&world), Pass { waiting: 1, ..Pass::default() });
        assert_eq!(world.status(7)["state"], "waiting");
        world.run(7, "box").log("2026-07-01T12:00:00.5", "{\"exit_code\": 0}\n\n");
        assert_eq!(pass(&world).published, 1);
    }
}

#[test]
fn holds_end_when_their_cause_does() {
    let Some(world) = World::new() else { return };
    with_table(world.run(7, "box")).log("2026", "{").attest();
    let crawler = world.crawler();
    assert_eq!(block_on(crawler.pass()).unwrap().held, 1);
    world.run(7, "box").log("2026", "{\"exit_code\": 0}");
    assert_eq!(block_on(crawler.pass()).unwrap().published, 1);
    assert_eq!(world.status(7)["state"], "published");
}

#[test]
fn content_is_read_again_only_under_another_allowlist() {
    let Some(world) = World::new() else { return };
    with_table(world.run(7, "box")).attest();
    fs::write(world.at(SEALED), b"a,b\n1,3\n").unwrap();
    let crawler = world.crawler();
    assert_eq!(block_on(crawler.pass()).unwrap().held, 1);
    fs::write(world.at(SEALED), TABLE).unwrap();
    assert_eq!(block_on(crawler.pass()).unwrap().held, 1);
    world.publish_set(2, &[("entries/count@1.toml", &entry("count"))]);
    assert_eq!(block_on(crawler.pass()).unwrap().published, 1);
}

#[test]
fn what_is_revoked_while_it_is_sent_is_taken_back() {
    let Some(world) = World::new() else { return };
    with_table(world.run(7, "box")).attest();
    std::thread::scope(|scope| {
        let (told, asked) = std::sync::mpsc::channel::<std::sync::mpsc::Sender<()>>();
        let world = &world;
        scope.spawn(move || {
            let done = asked.recv().unwrap();
            world.revoke_bundle();
            done.send(()).unwrap();
        });
        let store = Faulty::hooked(world.objects.clone(), move |_| {
            let (done, wait) = std::sync::mpsc::channel();
            told.send(done).unwrap();
            wait.recv().unwrap();
        });
        assert_eq!(block_on(world.crawler_on(store).pass()).unwrap().held, 1);
    });
    assert_held(&world, 7, "revoked");
    assert_eq!(world.audit().len(), 1);
}

#[test]
fn a_large_file_that_changes_while_it_is_sent_is_not_completed() {
    let Some(world) = World::new() else { return };
    let big = b"0123456789abcde\n".repeat(1 << 20);
    with_table(world.run(7, "box")).file("big.txt", &big).attest();
    let path = world.at("sealed/lab/7.0/run/big.txt");
    let store = Faulty::hooked(world.objects.clone(), move |_| {
        let mut changed = big;
        changed[12 << 20] = b'X';
        fs::write(path, changed).unwrap();
    });
    assert_eq!(block_on(world.crawler_on(store).pass()).unwrap().held, 1);
    assert_held(&world, 7, "output-changed");
}
