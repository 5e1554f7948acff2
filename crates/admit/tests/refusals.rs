//! Every refusal of the decider, each reached by bending one thing of an approved job.
#![allow(clippy::unwrap_used)]

mod world;

use std::fs;
use std::os::unix::fs::{chown, symlink};

use sluice_policy::digest::Digest;
use sluice_policy::text::is_visible;
use sluice_protocol::{Mode, Step};
use sluice_testing::{NOW, write};
use time::Duration;
use world::{World, mode, outcome};

type Bend = fn(&mut World);

/// Refusal code, a word of the message, and what brings it about.
#[track_caller]
fn check(cases: &[(&str, &str, Bend)]) {
    for (code, word, bend) in cases {
        let Some(mut world) = World::new() else { return };
        bend(&mut world);
        let (found, message) = world.outcome();
        assert_eq!(found, *code, "{word}: {message}");
        assert!(message.contains(word), "{code}: {message:?} should say {word:?}");
        assert!(world.made().is_empty(), "{code} {word} left something");
        assert!(message.chars().all(is_visible));
        if *code != "audit-unwritable" {
            let last = world.audit().pop().unwrap();
            assert_eq!(last["detail"]["code"], *code);
        }
    }
}

#[test]
fn an_unsafe_node() {
    let Some(mut world) = World::new() else { return };
    world.look_at_node("SlurmdParameters=contain_spank\n");
    let (code, message) = world.outcome();
    assert_eq!(code, "node-unsafe");
    assert!(message.contains("contain_spank"), "{message}");
    // On trial neither.
    world.facts.mode = Mode::Confine;
    assert_eq!(world.outcome().0, "node-unsafe");
    world.facts.mode = Mode::Enforce;

    world.look_at_node("TaskEpilog=/opt/epilog\n");
    assert_eq!(world.outcome().0, "node-unsafe");
    world.configure("[sandbox]\nmain-thread-programs = [\"/opt/epilog\"]\n");
    assert_eq!(world.outcome().0, "admit");
}

#[test]
fn a_node_that_slurmd_has_not_looked_at() {
    let Some(world) = World::new() else { return };
    std::fs::remove_file(world.roots.run.join("node.json")).unwrap();
    assert_eq!(world.outcome().0, "node-unsafe");
}

#[test]
fn facts() {
    check(&[
        ("facts-invalid", "format 2", |w| w.facts.format = 2),
        ("facts-invalid", "off", |w| w.facts.mode = Mode::Off),
        ("facts-invalid", "node", |w| w.facts.node.clear()),
        ("facts-invalid", "no user", |w| w.facts.job.uid = 4_000_000),
        ("step-refused", "inside the job", |w| w.facts.step = Step::Run(0)),
        ("step-refused", "inside the job", |w| w.facts.step = Step::Interactive),
        ("array-refused", "array", |w| w.facts.job.array = true),
        ("het-refused", "heterogeneous", |w| w.facts.job.het = true),
        ("out-of-scope", "root", |w| w.facts.job.uid = 0),
        ("out-of-scope", "service account", |w| w.facts.job.uid = w.service.0),
        ("configuration-invalid", "sluice.toml", |w| w.configure("surprise = 1")),
        ("configuration-invalid", "too open", |w| mode(&w.host.etc().join("sluice.toml"), 0o666)),
        ("configuration-invalid", "sluice.toml", |w| {
            fs::remove_file(w.host.etc().join("sluice.toml")).unwrap();
        }),
    ]);
}

#[test]
fn a_refusal_is_a_short_line_whatever_the_user_named() {
    let Some(mut world) = World::new() else { return };
    world.facts.job.work_dir = format!("/{}", "ä/".repeat(1300)).into();
    assert_eq!(world.outcome().0, "run-directory-refused");
    assert!(world.audit().pop().unwrap().to_string().len() < 2000);
}

#[test]
fn nonsense_on_the_line() {
    let Some(world) = World::new() else { return };
    let facts = serde_json::to_string(&world.facts).unwrap();
    let surprise = facts.replacen('{', "{\"surprise\":1,", 1);
    let long = vec![b' '; sluice_protocol::MAX_MESSAGE + 1];
    for message in [b"".as_slice(), b"{}", surprise.as_bytes(), &facts.as_bytes()[1..], &long] {
        assert_eq!(outcome(world.answer_to(message)).0, "facts-invalid");
    }
}

#[test]
fn run_directories() {
    check(&[
        ("run-directory-refused", "below", |w| w.facts.job.work_dir = "/tmp".into()),
        ("run-directory-refused", "below", |w| w.facts.job.work_dir = w.at("srv/runs")),
        ("run-directory-refused", "plain", |w| {
            w.facts.job.work_dir = w.at("srv/runs/../runs/run-1");
        }),
        ("run-directory-refused", "plain", |w| w.facts.job.work_dir = "run-1".into()),
        ("run-directory-refused", "link", |w| {
            symlink("run-1", w.at("srv/runs/run-2")).unwrap();
            w.facts.job.work_dir = w.at("srv/runs/run-2");
        }),
        ("run-directory-refused", "belongs to", |w| {
            chown(w.run(), Some(0), None).unwrap();
        }),
        ("run-directory-refused", "chmod", |w| mode(&w.run(), 0o777)),
        ("run-directory-refused", "ermission", |w| mode(&w.at("srv/runs"), 0o700)),
    ]);
}

#[test]
fn scripts() {
    check(&[
        ("script-refused", "arguments", |w| w.facts.job.script_args = 1),
        ("script-refused", "no batch script", |w| w.facts.job.script = None),
        ("script-refused", "absolute", |w| w.facts.job.script = Some("slurm_script".into())),
        ("script-refused", "", |w| w.script(&format!("{}; evil\n", w.command().trim_end()))),
        ("script-refused", "", |w| w.script(&format!("{}$(evil)\n", w.command()))),
        ("script-refused", "limit", |w| w.script(&" ".repeat(65 << 10))),
        ("script-refused", "one name", |w| {
            let script = w.facts.job.script.clone().unwrap();
            fs::hard_link(&script, script.with_extension("2")).unwrap();
        }),
        ("script-refused", "", |w| {
            let script = w.facts.job.script.clone().unwrap();
            fs::rename(&script, script.with_extension("2")).unwrap();
            symlink("slurm_script.2", &script).unwrap();
        }),
        // Steps that claim to be the batch script.
        ("script-refused", "slurmd spooled", |w| {
            let script = w.facts.job.script.take().unwrap();
            fs::rename(&script, script.with_file_name("job.sh")).unwrap();
            w.facts.job.script = Some(script.with_file_name("job.sh"));
        }),
        ("script-refused", "slurmd spooled", |w| {
            fs::rename(w.at("spool/job00007"), w.at("spool/job00008")).unwrap();
            w.facts.job.script = Some(w.at("spool/job00008/slurm_script"));
        }),
        ("script-refused", "slurmd spooled", |w| {
            chown(w.at("spool/job00007"), Some(w.user), None).unwrap();
        }),
        ("script-refused", "slurmd spooled", |w| mode(&w.at("spool/job00007"), 0o770)),
        ("script-refused", "", |w| {
            fs::rename(w.at("spool/job00007"), w.at("spool/real")).unwrap();
            symlink("real", w.at("spool/job00007")).unwrap();
        }),
        ("not-listed", "no workflow", |w| w.script("#!/bin/bash\n/usr/bin/env\n")),
        ("not-listed", "demo@2.0.0", |w| {
            w.script(&w.command().replace("demo/1.0.0", "demo/2.0.0"));
        }),
        ("script-unmatched", "one workflow", |w| {
            w.script(&format!("{}../../workflows/other/1/run\n", w.command()));
        }),
        ("script-unmatched", "one workflow", |w| {
            w.script(&w.command().replace("demo/1.0.0/Snakefile", "demo"));
        }),
        ("script-unmatched", "runtime", |w| w.script(&w.command().replace("smk/9", "smk/8"))),
        ("script-unmatched", "demo@1.0.0", |w| {
            w.script(&w.command().replace("--snakefile", "--snakefile2"));
        }),
        ("script-unmatched", "demo@1.0.0", |w| w.script(&format!("{}true\n", w.command()))),
    ]);
}

#[test]
fn files_of_the_run_directory() {
    check(&[
        ("file-refused", "params.yaml", |w| {
            fs::remove_file(w.run().join("params.yaml")).unwrap();
        }),
        ("file-refused", "params.yaml", |w| {
            fs::remove_file(w.run().join("params.yaml")).unwrap();
            symlink("/etc/passwd", w.run().join("params.yaml")).unwrap();
        }),
        ("file-refused", "hard links", |w| {
            fs::hard_link(w.run().join("params.yaml"), w.run().join("b")).unwrap();
        }),
        ("file-refused", "limit", |w| {
            write(&w.run().join("params.yaml"), &vec![b'a'; (1 << 20) + 1]);
        }),
        ("file-refused", "regular", |w| {
            fs::remove_file(w.run().join("params.yaml")).unwrap();
            fs::create_dir(w.run().join("params.yaml")).unwrap();
        }),
        ("file-refused", "ermission", |w| {
            chown(w.run().join("params.yaml"), Some(0), Some(0)).unwrap();
            mode(&w.run().join("params.yaml"), 0o600);
        }),
    ]);
}

#[test]
fn allowlists() {
    check(&[
        ("allowlist-missing", "push", |w| {
            fs::remove_file(w.host.allowlist().join("current")).unwrap();
        }),
        ("allowlist-expired", "expired", |w| {
            w.draft.expires = NOW - Duration::seconds(1);
            w.publish();
        }),
        ("allowlist-behind", "serial", |w| w.configure("min-serial = 9")),
        ("allowlist-invalid", "not what the index lists", |w| {
            write(&w.host.allowlist().join("sets/1/entries/demo@1.0.0.toml"), b"");
        }),
        ("allowlist-invalid", "allowed_signers", |w| w.host.write_signers("nonsense")),
        ("entry-unsigned", "0 of 1", |w| {
            w.draft.files.remove("entries/demo@1.0.0.toml.sig.d/controller@lab.sig");
            w.publish();
        }),
        ("entry-invalid", "demo@1.0.0", |w| w.approve("format = 1")),
        ("entry-too-new", "format 3", |w| w.approve("format = 3\nunheard-of = true")),
        ("revoked", "leaked", |w| {
            revoke(w, |w| format!("[[digest]]\ndigest = \"{}\"", digest(w, 0)))
        }),
        ("revoked", "leaked", |w| {
            revoke(w, |w| format!("[[digest]]\ndigest = \"{}\"", digest(w, 1)))
        }),
        ("revoked", "leaked", |w| {
            revoke(w, |w| {
                format!("[[key]]\nfingerprint = \"{}\"", w.host.keys.fingerprint("controller@lab"))
            });
        }),
    ]);
}

/// The n-th digest that the entry names.
fn digest(world: &World, n: usize) -> Digest {
    let entry = world.entry();
    let (_, after) = entry
        .match_indices("digest = \"")
        .nth(n)
        .map(|(at, it)| entry.split_at(at + it.len()))
        .unwrap();
    after[..71].parse().unwrap()
}

fn revoke(world: &mut World, what: fn(&World) -> String) {
    let text =
        format!("format = 1\n{}\nwhy = \"leaked\"\nat = \"2026-06-02T00:00:00Z\"\n", what(world));
    let mut draft = world.draft.clone();
    world.host.add(&mut draft, "revoked.toml", &text, &["controller@lab"]);
    world.draft = draft;
    world.publish();
}

fn scope(world: &mut World, line: &str) {
    let entry = world.entry().replace("[scope]", &format!("[scope]\n{line}"));
    world.approve(&entry);
}

#[test]
fn scopes() {
    check(&[
        ("out-of-scope", "user \"nobody\"", |w| scope(w, "users = [\"alice\"]")),
        ("out-of-scope", "group", |w| scope(w, "groups = [\"games\"]")),
        ("out-of-scope", "account", |w| scope(w, "accounts = [\"other\"]")),
        ("out-of-scope", "cluster", |w| scope(w, "clusters = [\"other\"]")),
        ("out-of-scope", "partition", |w| scope(w, "partitions = [\"other\"]")),
        ("too-early", "before", |w| scope(w, "not-before = \"2026-07-01T12:00:01Z\"")),
        ("entry-expired", "from", |w| scope(w, "not-after = \"2026-07-01T12:00:00Z\"")),
    ]);
    let own = sluice_site::users::group_names(&[sluice_site::users::ids_of("nobody").unwrap().1]);
    let groups = format!("groups = {own:?}");
    for line in [
        groups.as_str(),
        "users = [\"alice\", \"nobody\"]",
        "accounts = [\"lab\"]",
        "clusters = [\"lab\"]",
        "partitions = [\"main\"]",
        "not-before = \"2026-07-01T12:00:00Z\"",
        "not-after = \"2026-07-01T12:00:01Z\"",
    ] {
        let Some(mut world) = World::new() else { return };
        scope(&mut world, line);
        assert_eq!(world.outcome().0, "admit", "{line}");
    }
}

#[test]
fn data() {
    check(&[
        ("data-missing", "cohort", |w| fs::remove_dir(w.at("private/cohort")).unwrap()),
        ("data-missing", "genomes", |w| {
            let entry = w.entry().replace("\"cohort\"", "\"genomes\"");
            w.approve(&entry);
        }),
        ("entry-invalid", "/etc", |w| shown_at(w, "/etc/data")),
        ("entry-invalid", "/usr", |w| shown_at(w, "/usr")),
        ("entry-invalid", "/var/lib/sluice", |w| shown_at(w, "/var")),
        ("entry-invalid", "/run", |w| {
            let run = w.run().display().to_string();
            shown_at(w, &run);
        }),
    ]);
}

fn shown_at(world: &mut World, at: &str) {
    let entry = world.entry().replace("/data/cohort", at);
    world.approve(&entry);
}

#[test]
fn bundles() {
    check(&[
        ("bundle-missing", "demo/1.0.0", |w| fs::remove_dir_all(w.workflow()).unwrap()),
        ("bundle-unreadable", "fifo", |w| {
            let fifo = w.workflow().join("fifo");
            assert!(std::process::Command::new("mkfifo").arg(fifo).status().unwrap().success());
        }),
        ("bundle-unreadable", "setuid", |w| mode(&w.workflow().join("scripts/tool.sh"), 0o4755)),
        ("bundle-unreadable", "outside", |w| {
            symlink("../../../outside", w.workflow().join("outside")).unwrap();
        }),
        ("bundle-unreadable", "", |w| {
            fs::remove_dir_all(w.workflow()).unwrap();
            symlink(w.at("srv/runtimes"), w.workflow()).unwrap();
        }),
        ("bundle-changed", "Snakefile is changed", |w| {
            write(&w.workflow().join("Snakefile"), b"rule evil:\n");
        }),
        ("bundle-changed", "extra.py is added", |w| write(&w.workflow().join("extra.py"), b"")),
        ("bundle-changed", "tool is missing", |w| {
            fs::remove_file(w.workflow().join("tool")).unwrap();
        }),
        ("bundle-changed", "executable", |w| mode(&w.workflow().join("Snakefile"), 0o744)),
        ("runtime-changed", "bin/snakemake is changed", |w| {
            write(&w.at("srv/runtimes/smk/9/bin/snakemake"), b"evil");
        }),
        ("bundle-missing", "smk/9", |w| fs::remove_dir_all(w.at("srv/runtimes/smk/9")).unwrap()),
        ("store-unwritable", "store", |w| write(&w.at("var/lib/sluice/store"), b"")),
        ("audit-unwritable", "audit", |w| {
            fs::create_dir_all(w.at("var/log/sluice/audit.jsonl")).unwrap()
        }),
        ("store-unwritable", "sealed", |w| fs::remove_dir(w.at("private/sealed")).unwrap()),
    ]);
}

#[test]
fn the_verdict_is_left_for_the_user() {
    let Some(world) = World::new() else { return };
    world.script("#!/bin/bash\n/usr/bin/env\n");
    world.outcome();
    let told = fs::read(world.run().join(".sluice/verdict-7.json")).unwrap();
    let told: serde_json::Value = serde_json::from_slice(&told).unwrap();
    assert_eq!((&told["verdict"], &told["code"]), (&"refuse".into(), &"not-listed".into()));
    // A planted link leads the user's own rights nowhere else.
    fs::remove_dir_all(world.run().join(".sluice")).unwrap();
    symlink(world.at("srv/status"), world.run().join(".sluice")).unwrap();
    assert_eq!(world.outcome().0, "not-listed");
    assert_eq!(fs::read_dir(world.at("srv/status")).unwrap().count(), 0);
}
