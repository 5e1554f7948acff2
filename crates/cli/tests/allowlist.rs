//! The life of an allowlist set, with keys and signatures of the real ssh-keygen.

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use support::fixtures::{self, config};
use support::{Ran, Scratch};

const POLICY: &str = r#"entry-signatures = 2
[[policy.controller]]
principal = "alice@site"
[[policy.controller]]
principal = "carol@site"
data = ["other"]
[[policy.controller]]
principal = "dave@site"
"#;

fn reviewed() -> String {
    let tables = "[runtime]\nname = \"rt\"\nversion = \"2\"\n\
                  [[data]]\nname = \"cohort\"\nat = \"/data/cohort\"\n";
    let script = "set -eu && {runtime}/run {bundle}/main --params {file:.yaml}";
    format!("# reviewed line by line\n{}", fixtures::entry(tables, script))
}

/// A set with one entry, and three signers' keys.
fn set() -> Scratch {
    let scratch = Scratch::new();
    scratch.write("bundle/main", "1");
    scratch.write("runtime/run", "2");
    scratch.mode("runtime/run", 0o755);
    scratch.write("entry.toml", reviewed());
    let mut signers = String::new();
    for name in ["alice", "carol", "dave"] {
        let public = scratch.key(name);
        signers += &format!("{name}@site namespaces=\"sluice-entry@v1,sluice-index@v1\" {public}");
    }
    scratch.write("signers", signers);
    scratch.write("config", config(POLICY));
    scratch.run("allowlist new set --valid 30").ok();
    scratch.run("allowlist add set entry.toml --bundle bundle --runtime runtime").ok();
    scratch
}

fn serial(scratch: &Scratch) -> u64 {
    scratch.run("allowlist show set --json").ok().json()["serial"].as_u64().expect("a number")
}

#[test]
fn adding_fills_in_digests_and_freezes() {
    let scratch = set();
    let entry = scratch.read("set/entries/demo@1.0.toml");
    assert!(entry.contains("# reviewed line by line\n"));
    let shown = scratch.run("allowlist show set").ok().out;
    for dir in ["bundle", "runtime"] {
        let frozen = scratch.run(&format!("freeze {dir}")).ok();
        let digest = frozen.err.trim();
        assert!(entry.contains(&format!("digest = \"{digest}\"\n")));
        assert!(shown.contains(digest), "{dir}: {shown}");
        let hex = digest.strip_prefix("sha256:").unwrap();
        assert_eq!(scratch.read(&format!("set/manifests/{hex}")), frozen.out);
    }
    let again = "allowlist add set entry.toml --bundle bundle --runtime runtime";
    scratch.run(again).ok();
    scratch.run("allowlist add set entry.toml --bundle bundle").fails(2, "--runtime");
    scratch.write("bundle/main", "changed");
    scratch.run(again).fails(1, "new version");
    scratch.write("entry.toml", &entry);
    scratch.run(again).fails(1, "digest is sha256:");
    scratch.write("entry.toml", reviewed().replace("engine", "engnie"));
    scratch.run(again).fails(1, "engnie");
}

#[test]
fn signed_sets_verify_here_and_with_ssh_keygen() {
    let scratch = set();
    let verify = "allowlist verify set --signers signers";
    let ran = scratch.run(verify).fails(1, "index.toml has no valid signature");
    ran.fails(1, "the entry demo@1.0 has 0 of 1 signatures");
    scratch.run("allowlist sign set --all --key alice --as alice@site").ok();
    let ok = scratch.run(verify).ok();
    assert!(ok.out.contains("serial 1, 1 entries, valid until "), "{ok:?}");

    let checked = Command::new("ssh-keygen")
        .args(["-Y", "verify", "-f", "signers", "-I", "alice@site", "-n", "sluice-index@v1"])
        .args(["-s", "set/index.toml.sig.d/alice@site.sig"])
        .current_dir(scratch.root())
        .stdin(fs::File::open(scratch.path("set/index.toml")).unwrap())
        .output()
        .unwrap();
    assert!(checked.status.success());

    // Signing again changes nothing, unless asked to.
    scratch.run("allowlist sign set --all --key alice --as alice@site").ok();
    assert_eq!(serial(&scratch), 1);
    scratch.run("allowlist sign set --index --key dave --as dave@site").ok();
    assert_eq!(serial(&scratch), 1);
    scratch.run("allowlist sign set --index --renew --key dave --as dave@site").ok();
    assert_eq!(serial(&scratch), 2);
    scratch.run(verify).ok();
}

#[test]
fn every_problem_is_listed() {
    let scratch = set();
    scratch.run("allowlist sign set --all --key alice --as alice@site").ok();
    let config = "allowlist verify set --signers signers --config config";
    scratch.run(config).fails(1, "the entry demo@1.0 has 1 of 2 signatures");
    scratch.run("allowlist sign set --entry demo@1.0 --key carol --as carol@site").ok();
    scratch.run(config).fails(1, "not in the index").fails(1, "carol@site may not approve it");
    scratch.run("allowlist sign set --all --key dave --as dave@site").ok();
    assert_eq!(serial(&scratch), 2);
    scratch.run(config).ok();

    let entry = scratch.read("set/entries/demo@1.0.toml");
    scratch.write("set/entries/demo@1.0.toml", entry.replace("P-1", "P-2"));
    let ran = scratch.run(&format!("{config} --json"));
    assert_eq!(ran.code, 1);
    let problems = ran.json()["problems"].to_string();
    assert!(problems.contains("not what the index lists"), "{problems}");
    assert!(problems.contains("has 0 of 2 signatures"), "{problems}");

    // Somebody else's key under alice's name.
    scratch.write("set/entries/demo@1.0.toml", entry);
    scratch.run("allowlist sign set --entry demo@1.0 --key carol --as alice@site").ok();
    scratch.run(config).fails(1, "is not alice@site's");
}

#[test]
fn revoking_stops_bundles_and_keys() {
    let scratch = set();
    scratch.run("allowlist sign set --all --key alice --as alice@site").ok();
    let digest = scratch.run("freeze bundle").ok().err;
    let revoke = |what: &str| {
        let line = format!("allowlist revoke set {what} --why");
        Ran::of(scratch.command(&line).arg("found a bug").output().expect("sluice runs"))
    };
    revoke("--digest sha256:12").fails(2, "64 lower-case");
    revoke("--key SHA256:short").fails(2, "fingerprint");
    revoke(&format!("--digest {}", digest.trim())).ok();
    let verify = "allowlist verify set --signers signers";
    let ran = scratch.run(verify).fails(1, "revoked.toml has no valid signature");
    ran.fails(1, &format!("the workflow {} is revoked: found a bug", digest.trim()));
    scratch.run("allowlist sign set --all --key dave --as dave@site").ok();
    assert_eq!(serial(&scratch), 2);
    scratch.run(verify).fails(1, "1 problems");
    assert!(
        scratch.run("allowlist show set").ok().out.contains("found a bug, signed by dave@site")
    );

    let fingerprint = scratch.fingerprint("alice.pub");
    revoke(&format!("--key {fingerprint}")).ok();
    revoke(&format!("--key {fingerprint}")).ok();
    scratch.run("allowlist sign set --all --key dave --as dave@site").ok();
    // Dave has signed the entry too, so that his word is left.
    scratch.run(verify).fails(1, "1 problems");
    let shown = scratch.run("allowlist show set --json").ok().json();
    for key in ["digest", "runtime_digest", "entry_digest"] {
        revoke(&format!("--digest {}", shown["entries"][0][key].as_str().expect(key))).ok();
    }
}

#[test]
fn publishing_swings_one_link_to_higher_serials_only() {
    let scratch = set();
    let publish = "allowlist push set --to pub --signers signers --config config";
    scratch.run("allowlist sign set --all --key alice --as alice@site").ok();
    scratch.write("set/notes.txt", "not part of it");
    scratch.run(publish).fails(1, "the entry demo@1.0 has 1 of 2 signatures");
    assert_eq!(fs::read_dir(scratch.path("pub/sets")).unwrap().count(), 0);
    scratch.run("allowlist sign set --all --key dave --as dave@site").ok();
    scratch.run(publish).ok();
    let current = scratch.path("pub/current");
    assert_eq!(fs::read_link(&current).unwrap().to_str(), Some("sets/2"));
    assert!(!current.join("notes.txt").exists());
    scratch.run(publish).fails(1, "serial 2 is in force");
    scratch.run("allowlist sign set --all --renew --key dave --as dave@site").ok();
    let planted = scratch.path("set/index.toml.sig.d/eve@site.sig");
    symlink(scratch.path("alice"), &planted).unwrap();
    scratch.run(publish).fails(4, "eve@site.sig");
    fs::remove_file(planted).unwrap();
    // What a killed publish left is no obstacle.
    scratch.write("pub/sets/3/rubbish", "");
    scratch.run(publish).ok();
    assert_eq!(fs::read_link(&current).unwrap().to_str(), Some("sets/3"));
    assert!(!current.join("rubbish").exists());
    assert!(
        scratch.run("allowlist show pub/current").ok().out.starts_with("serial 3, valid until")
    );
}

#[test]
fn nothing_is_given_back_by_leaving_it_out() {
    let scratch = set();
    let push = "allowlist push set --to pub --signers signers --config config";
    let digest = scratch.run("freeze bundle").ok().err;
    scratch.run(&format!("allowlist revoke set --digest {} --why bug", digest.trim())).ok();
    for key in ["alice", "dave"] {
        scratch.run(&format!("allowlist sign set --all --key {key} --as {key}@site")).ok();
    }
    scratch.run(push).ok();
    fs::remove_file(scratch.path("set/revoked.toml")).unwrap();
    fs::remove_dir_all(scratch.path("set/revoked.toml.sig.d")).unwrap();
    scratch.run("allowlist sign set --index --key dave --as dave@site").ok();
    let says = format!("takes {} back and this one doesn't", digest.trim());
    scratch.run(push).fails(1, &says);
}

#[test]
fn a_slower_push_of_an_older_set_does_not_follow_a_newer_one() {
    let scratch = set();
    for key in ["alice", "dave"] {
        scratch.run(&format!("allowlist sign set --all --key {key} --as {key}@site")).ok();
    }
    fs::create_dir_all(scratch.path("pub/sets/9")).unwrap();
    let other = fs::File::open(scratch.path("pub")).unwrap();
    other.lock().unwrap();
    let mut slower = scratch
        .command("allowlist push set --to pub --signers signers --config config")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // proc_locks(5): who waits has an arrow before the kind of lock.
    let pid = slower.id().to_string();
    let waits = |line: &str| line.contains("->") && line.split(' ').any(|word| word == pid);
    while !fs::read_to_string("/proc/locks").unwrap().lines().any(waits) {
        assert!(slower.try_wait().unwrap().is_none(), "it didn't wait");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    symlink("sets/9", scratch.path("pub/current")).unwrap();
    drop(other);
    Ran::of(slower.wait_with_output().unwrap()).fails(1, "serial 9 is in force");
}

/// An older host gets the set, and with it what it takes back; it refuses that entry alone.
#[test]
fn an_entry_of_a_newer_format_holds_up_neither_its_set_nor_a_revocation() {
    let scratch = set();
    for key in ["alice", "dave"] {
        scratch.run(&format!("allowlist sign set --all --key {key} --as {key}@site")).ok();
    }
    scratch.write("set/entries/newer@1.0.toml", "format = 3\nunheard-of = true\n");
    let digest = scratch.run("freeze bundle").ok().err;
    scratch.run(&format!("allowlist revoke set --digest {} --why bug", digest.trim())).ok();
    scratch.run("allowlist sign set --revoked --key alice --as alice@site").ok();
    scratch.run("allowlist sign set --index --key dave --as dave@site").ok();
    let verify = "allowlist verify set --signers signers --config config";
    scratch.run(verify).fails(1, "newer@1.0: the entry has format 3");
    let pushed = scratch.run("allowlist push set --to pub --signers signers --config config").ok();
    assert!(pushed.err.contains("upgrade Sluice on this host"), "{pushed:?}");
    assert!(scratch.path("pub/current/revoked.toml").exists());
}

#[test]
fn wrong_uses_are_named() {
    let scratch = set();
    scratch.run("allowlist new set --valid 30").fails(2, "set is not empty");
    scratch.run("allowlist new other --valid 0").fails(2, "--valid");
    scratch.run("allowlist add bundle entry.toml --bundle bundle").fails(2, "allowlist new");
    scratch.run("allowlist sign set --all --key alice --as a/b").fails(2, "--as takes a principal");
    scratch.run("allowlist sign set --all --key nokey --as alice@site").fails(4, "nokey");
    scratch.run("allowlist sign set --index --revoked --key k --as a").fails(2, "cannot be used");
    scratch.run("allowlist revoke set --why x").fails(2, "--digest");
}

#[test]
fn removing_takes_an_entry_and_its_manifests() {
    let scratch = set();
    scratch.write("entry.toml", reviewed().replace("\"demo\"", "\"other\""));
    scratch.write("bundle2/main", "2");
    scratch.run("allowlist add set entry.toml --bundle bundle2 --runtime runtime").ok();
    scratch.run("allowlist remove set missing@1").fails(1, "missing@1 is not in the set");
    scratch.run("allowlist sign set --all --key alice --as alice@site").ok();
    scratch.run("allowlist remove set demo@1.0").ok();
    assert!(!scratch.path("set/entries/demo@1.0.toml").exists());
    assert!(!scratch.path("set/entries/demo@1.0.toml.sig.d").exists());
    // The runtime's manifest is still needed.
    assert_eq!(fs::read_dir(scratch.path("set/manifests")).unwrap().count(), 2);
    scratch.run("allowlist verify set --signers signers").fails(1, "in the index, but missing");
    scratch.run("allowlist sign set --all --key alice --as alice@site").ok();
    scratch.run("allowlist verify set --signers signers").ok();
    assert_eq!(serial(&scratch), 2);
}

#[test]
fn a_set_s_changes_are_shown_before_it_is_signed() {
    let scratch = set();
    let copied =
        Command::new("cp").arg("-r").args(["set", "old"]).current_dir(scratch.root()).status();
    assert!(copied.unwrap().success());
    let diff = "allowlist diff set --against old";
    assert_eq!(scratch.run(diff).ok().out, "");
    scratch.write("entry.toml", reviewed().replace("\"1.0\"", "\"1.1\""));
    scratch.run("allowlist add set entry.toml --bundle bundle --runtime runtime").ok();
    let ran = scratch.run(diff).fails(1, "serial 1 -> 1");
    assert!(ran.out.starts_with("added      demo@1.1\n+digest"), "{ran:?}");
    scratch.run("allowlist remove set demo@1.1").ok();
    let entry = scratch.read("set/entries/demo@1.0.toml");
    scratch.write("set/entries/demo@1.0.toml", entry.replace("P-1", "P\u{202e}-2"));
    let ran = scratch.run(diff).fails(1, "serial");
    assert!(ran.out.contains("-proposal = \"P-1\"\n+proposal = \"P\\u{202e}-2\"\n"), "{ran:?}");
    let json = scratch.run(&format!("{diff} --json")).json();
    assert_eq!(json["changed"][0]["entry"], "demo@1.0");
}

#[test]
fn a_set_travels_to_other_hosts() {
    let scratch = set();
    for key in ["alice", "dave"] {
        scratch.run(&format!("allowlist sign set --all --key {key} --as {key}@site")).ok();
    }
    // In ssh's place: the other host is a directory, the host's name its last part.
    let sluice = env!("CARGO_BIN_EXE_sluice");
    let rsh = scratch.write(
        "rsh",
        format!(
            "#!/bin/sh\nhost=$1; shift 2\ncase $host in down) echo no route >&2; exit 255;;\n\
             slow) for try in $(seq 600); do [ -e host40/current ] && break; sleep 0.1; done\n\
             [ -e host40/current ] || exit 9;; esac\n\
             exec {sluice} \"$@\" --to $host --signers signers --config config\n"
        ),
    );
    scratch.mode("rsh", 0o755);
    let push = format!("allowlist push set --rsh {} --node", rsh.display());
    scratch.run(&format!("{push} a --node b")).ok();
    for host in ["a", "b"] {
        let current = scratch.path(host).join("current");
        assert_eq!(fs::read_link(&current).unwrap().to_str(), Some("sets/2"), "{host}");
        assert_eq!(
            fs::read(current.join("index.toml")).unwrap(),
            fs::read(scratch.path("set/index.toml")).unwrap()
        );
    }
    let ran = scratch.run(&format!("{push} a --node down --json")).fails(1, "down: no route");
    assert!(ran.json()[0]["error"].as_str().unwrap().contains("serial 2 is in force"));
    scratch.run(&format!("{push} -x")).fails(2, "");
    // One that answers late holds up no other, and each gets its own answer.
    let (many, hosts) = (1..=40, |it| format!("host{it}"));
    let named: Vec<String> = many.clone().map(|it| format!("--node {}", hosts(it))).collect();
    let ran = scratch.run(&format!("{push} slow {}", named.join(" "))).ok();
    let answers: Vec<&str> = ran.err.lines().collect();
    assert_eq!(answers.len(), 41, "{ran:?}");
    assert!(answers[0].starts_with("slow: serial 2"), "{ran:?}");
    for (host, line) in many.map(hosts).zip(&answers[1..]) {
        assert!(line.starts_with(&format!("{host}: serial 2 is in force in {host}")), "{line}");
    }
    // What comes over the wire is verified where it arrives.
    let index = scratch.read("set/index.toml").replace("serial = 2", "serial = 3");
    scratch.write("set/index.toml", index);
    scratch.run(&format!("{push} a")).fails(1, "a: ");
    assert_eq!(fs::read_link(scratch.path("a/current")).unwrap().to_str(), Some("sets/2"));
}
