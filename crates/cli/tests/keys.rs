//! `sluice keys`, and keys with passphrases.

mod support;

use std::process::Command;

use support::fixtures::config;
use support::{Ran, Scratch};

const POLICY: &str = r#"[[policy.controller]]
principal = "alice@site"
data = ["cohort"]
[[policy.security]]
principal = "dave@site"
"#;

/// Runs `sluice` where programs that ask for a passphrase get what `answer` holds.
fn asked(scratch: &Scratch, answer: &str, line: &str) -> Ran {
    scratch.write("answer", answer);
    let ask = scratch
        .write("ask", format!("#!/bin/sh\nexec cat '{}'\n", scratch.path("answer").display()));
    scratch.mode("ask", 0o755);
    let output =
        scratch.command(line).env("SSH_ASKPASS", ask).env("SSH_ASKPASS_REQUIRE", "force").output();
    Ran::of(output.expect("sluice runs"))
}

/// Holes 6 and 7 of trustworthy-ops: a passphrase is the same typed and from a file, in any script,
/// and a wrong one is a clean error.
#[test]
fn passphrases_are_what_people_wrote() {
    let scratch = Scratch::new();
    scratch.run("allowlist new set --valid 30").ok();
    asked(&scratch, "größe 日本\n", "keys new key --as alice@site").ok();
    let sign = "allowlist sign set --all --key key --as alice@site";
    asked(&scratch, "größe 日本", sign).ok();
    let again = format!("{sign} --renew");
    asked(&scratch, "größe 日本\n", &again).ok();
    asked(&scratch, "grösse 日本\n", &again).fails(4, "ssh-keygen could not sign with key");
    let text = scratch.read("key");
    assert!(text.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"), "{text}");
    // One that others may read is not taken.
    scratch.mode("key", 0o644);
    asked(&scratch, "größe 日本\n", &again).fails(4, "could not sign");
}

#[test]
fn keys_come_are_listed_and_go() {
    let scratch = Scratch::new();
    scratch.write("config", config(POLICY));
    scratch.key("alice");
    scratch.write("signers", "# by hand\n");
    let add = "keys add alice.pub --signers signers --as";
    scratch.run(&format!("{add} a/b --to entry")).fails(1, "one principal");
    scratch.run(&format!("{add} alice@site")).fails(2, "--to");
    scratch.run(&format!("{add} alice@site --to entry --from yesterday")).fails(2, "--from");
    scratch.run(&format!("{add} alice@site --to entry,index")).ok();
    scratch.run(&format!("{add} bob@site --to entry")).fails(1, "another principal");
    let text = scratch.read("signers");
    assert!(
        text.starts_with("# by hand\nalice@site namespaces=\"sluice-entry@v1,sluice-index@v1\" ")
    );

    let list = "keys list --signers signers --config config";
    let ran = scratch.run(list).ok();
    let fingerprint = scratch.fingerprint("alice.pub");
    assert_eq!(
        ran.out,
        format!(
            "alice@site  ssh-ed25519 {fingerprint}\n  signs    sluice-entry@v1, sluice-index@v1\n  \
             role     controller, data cohort\n"
        )
    );
    assert_eq!(ran.err, "dave@site holds the role security, but has no valid key\n");

    // What it signs now is accepted, and after its end no more.
    scratch.run("allowlist new set --valid 30").ok();
    scratch.run("allowlist sign set --all --key alice --as alice@site").ok();
    scratch.run("allowlist verify set --signers signers").ok();
    let retire = format!("keys retire {fingerprint} --signers signers --at");
    scratch.run(&format!("{retire} 2999-01-01T00:00:00Z")).ok();
    scratch.run("allowlist verify set --signers signers").ok();
    scratch.run(&format!("{retire} 2020-01-01T00:00:00Z")).ok();
    scratch.run("allowlist verify set --signers signers").fails(1, "is not valid now");
    scratch.run(&format!("{retire} 2999-01-01T00:00:00Z")).fails(1, "is not put off");
    scratch
        .run("keys retire SHA256:x --signers signers --at 2020-01-01T00:00:00Z")
        .fails(1, "no line");
    let json = scratch.run(&format!("{list} --json")).json();
    assert_eq!(
        (&json[0]["valid"], &json[0]["valid-before"]),
        (&false.into(), &"2020-01-01T00:00:00Z".into())
    );
    assert!(scratch.run(list).out.contains("  valid    until 2020-01-01T00:00:00Z, not now\n"));
    // OpenSSH reads the same list.
    let checked = Command::new("ssh-keygen")
        .args(["-Y", "find-principals", "-f", "signers", "-O", "verify-time=20190101Z"])
        .args(["-s", "set/index.toml.sig.d/alice@site.sig"])
        .current_dir(scratch.root())
        .output();
    assert_eq!(Ran::of(checked.expect("ssh-keygen runs")).ok().out, "alice@site\n");
}
