//! Nothing is signed that nobody looked at, nothing revoked that isn't there, and nothing added
//! that comes to nothing without a word.

mod support;

use std::io::Write;
use std::process::{Command, Stdio};

use support::fixtures::{self, config};
use support::{Ran, Scratch};

const RULE: &str = "[[output]]\nglob = \"t.csv\"\nkind = \"csv\"\nmax-bytes = 9\nmax-rows = 2\n";

fn entry(version: &str) -> String {
    let tables = format!("[[data]]\nname = \"cohort\"\nat = \"/data/cohort\"\n{RULE}");
    fixtures::entry(&tables, "{bundle}/main {file:.yaml}")
        .replace("\"1.0\"", &format!("{version:?}"))
}

/// A set with two unsigned versions, and two people's keys.
fn set() -> Scratch {
    let scratch = Scratch::new();
    let mut signers = String::new();
    for name in ["alice", "dave"] {
        signers += &format!("{name}@site {}", scratch.key(name));
    }
    scratch.write("signers", signers);
    scratch.run("allowlist new set --valid 30").ok();
    scratch.write("bundle/main", "1");
    scratch.write("entry.toml", entry("1.0"));
    scratch.run("allowlist add set entry.toml --bundle bundle").ok();
    scratch.write("bundle/main", "2");
    scratch.write("bundle/more", "");
    let second = entry("1.1").replace("[approval]", "[approval]\nprevious = \"demo@1.0\"");
    scratch.write("entry.toml", second.replace("max-rows = 2", "max-rows = 3"));
    scratch.run("allowlist add set entry.toml --bundle bundle").ok();
    scratch
}

/// Runs `sluice` on a terminal of its own, where somebody types.
fn typed(scratch: &Scratch, line: &str, keys: &str) -> Ran {
    let mut child = Command::new("script")
        .args(["-qe", "-c", &format!("{} {line}", env!("CARGO_BIN_EXE_sluice")), "/dev/null"])
        .current_dir(scratch.root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("script runs");
    child.stdin.take().expect("a pipe").write_all(keys.as_bytes()).expect("typed");
    Ran::of(child.wait_with_output().expect("script ends"))
}

fn signers(scratch: &Scratch) -> String {
    let show = scratch.run("allowlist show set --json").ok().json();
    let of = |at: usize| show["entries"][at]["signers"].to_string();
    format!("{} {} {}", of(0), of(1), show["signers"])
}

#[test]
fn nothing_is_signed_that_nobody_named_or_was_asked_for() {
    let scratch = set();
    let sign = "allowlist sign set --key alice --as alice@site";
    let ran = scratch.run(sign).fails(2, "--all for entries/demo@1.0.toml, entries/demo@1.1.toml");
    assert!(ran.err.contains("no terminal to ask on"), "{ran:?}");
    assert_eq!(signers(&scratch), "[] [] []");

    let ran = typed(&scratch, sign, "y\nn\n\n").ok();
    let said = ran.out.replace('\r', "");
    for words in [
        "  digest   sha256:",
        "  data     cohort\n",
        "  output   t.csv csv, at most 9 bytes, 2 rows, any columns\n",
        "  no version before is named; all of it is new\n  +digest",
        "sign entries/demo@1.0.toml as alice@site? [y/N] ",
        "  changes since demo@1.0:\n",
        "  -max-rows = 2\n  +max-rows = 3\n",
        "  content    main\n  added      more\n",
        "sign entries/demo@1.1.toml as alice@site? [y/N] ",
        "entries/demo@1.1.toml is not signed\n",
        "  demo@1.0, signed by alice@site\n  demo@1.1, unsigned\n",
        "index.toml is not signed\n",
    ] {
        assert!(said.contains(words), "{words:?} is not in {said}");
    }
    assert_eq!(signers(&scratch), "[\"alice@site\"] [] []");

    scratch.run(&format!("{sign} --entry demo@1.1")).ok();
    assert_eq!(signers(&scratch), "[\"alice@site\"] [\"alice@site\"] []");
    scratch.run(&format!("{sign} --all")).ok();
    scratch.run("allowlist verify set --signers signers").ok();
}

#[test]
fn whoever_is_called_the_approver_has_signed() {
    let scratch = set();
    scratch.write("config", config("[[policy.controller]]\nprincipal = \"dave@site\"\n"));
    let ran = scratch.run("allowlist sign set --all --key dave --as dave@site").ok();
    assert!(ran.err.contains("approval.by is alice@site, who has not signed it"), "{ran:?}");
    let verify = "allowlist verify set --signers signers";
    scratch.run(verify).fails(1, "demo@1.0.toml: approval.by is alice@site, who has not signed");
    let push = "allowlist push set --to pub --signers signers --config config";
    scratch.run(push).fails(1, "approval.by is alice@site");

    // Her signature need not count for the policy, nor her key be good still.
    scratch.run("allowlist sign set --all --key alice --as alice@site").ok();
    scratch.run(verify).ok();
    scratch.run(push).ok();
    let key = scratch.fingerprint("alice.pub");
    scratch.run(&format!("allowlist revoke set --key {key} --why lost")).ok();
    scratch.run("allowlist sign set --all --key dave --as dave@site").ok();
    scratch.run(verify).ok();

    // What is in force already is no reason to hold a later set up.
    for id in ["demo@1.0", "demo@1.1"] {
        let file = format!("set/entries/{id}.toml.sig.d/alice@site.sig");
        std::fs::remove_file(scratch.path(&file)).unwrap();
    }
    scratch.run("allowlist sign set --index --key dave --as dave@site").ok();
    scratch.run(verify).fails(1, "approval.by is alice@site");
    let ran = scratch.run(push).ok();
    assert!(ran.err.contains("approval.by is alice@site"), "{ran:?}");
}

#[test]
fn what_nothing_has_is_not_revoked() {
    let scratch = set();
    let revoke = "allowlist revoke set --why bug";
    let zeros = format!("sha256:{}", "0".repeat(64));
    scratch.run(&format!("{revoke} --digest {zeros}")).fails(1, "nothing is taken back");
    scratch.key("nobody");
    let key = scratch.fingerprint("nobody.pub");
    scratch.run(&format!("{revoke} --key {key}")).fails(1, "nothing is taken back");
    scratch.run(&format!("{revoke} --entry demo@9")).fails(1, "demo@9 is not on the allowlist");
    assert!(!scratch.path("set/revoked.toml").exists());

    scratch.run(&format!("{revoke} --entry demo@1.0")).ok();
    scratch.run("allowlist sign set --all --key alice --as alice@site").ok();
    let ran = scratch.run("allowlist verify set --signers signers");
    ran.fails(1, "demo@1.0.toml: the approval sha256:")
        .fails(1, "is revoked: bug")
        .fails(1, "2 problems");
    let ran = scratch.run(&format!("{revoke} --entry demo@1.0 --json")).ok();
    assert_eq!(ran.json()["already"], true);

    // Of an entry that is gone, the results may wait still.
    scratch.run("allowlist remove set demo@1.1").ok();
    let gone = scratch.run("freeze bundle").ok().err;
    let gone = format!("{revoke} --digest {}", gone.trim());
    scratch.run(&gone).fails(1, "take it back --anyway");
    scratch.run(&format!("{gone} --anyway")).ok();
    assert!(scratch.read("set/revoked.toml").contains(&gone[gone.len() - 71..]));
}

#[test]
fn what_comes_to_nothing_is_said_at_once() {
    let scratch = set();
    let commit = "0123456789".repeat(4);
    let source =
        format!("[source]\nurl = \"https://example.org\"\ncommit = {commit:?}\n[approval]");
    let columns = "columns = [\"Age\"]\nforbidden-columns = [\"age\"]\n";
    let text = entry("2.0").replace("[approval]", &source) + &RULE.replace("t.csv", "u.csv");
    let text = text.replace("engine = \"sh\"", "engine = \"nextflow\"");
    scratch.write("bundle/main.nf", "process x { publishDir 'results' }\n");
    let figure = "[[output]]\nglob = \"f.svg\"\nkind = \"svg\"\nmax-bytes = 9\nreview = false\n";
    scratch.write("entry.toml", text + columns + RULE + figure);
    let ran = scratch.run("allowlist add set entry.toml --bundle bundle --json").ok();
    let json = ran.json();
    assert_eq!(json["entry"], "demo@2.0");
    let warnings: Vec<_> = json["warnings"].as_array().expect("a list").iter().collect();
    assert_eq!(warnings.len(), 6, "{ran:?}");
    for (warning, says) in warnings.iter().zip([
        "nothing shows that the bundle is commit 0123456789",
        "the rule t.csv lets any column pass with nobody looking",
        "the rule u.csv releases nothing: it asks for the column Age and forbids it",
        "the rule t.csv releases nothing: an earlier one has the same glob",
        "the rule f.svg lets any figure pass with nobody looking, and what no viewer shows of it",
        "main.nf publishes links",
    ]) {
        let warning = warning.as_str().expect("text");
        assert!(warning.starts_with(says), "{warning}");
        assert!(ran.err.contains(&format!("warning: {warning}\n")), "{ran:?}");
    }
}
