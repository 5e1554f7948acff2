//! The table of signatures: what Sluice accepts, `ssh-keygen -Y verify` accepts; what that accepts
//! and Sluice refuses has a code, a reason and a remedy. Run with --nocapture to read it.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::process::{Command, Stdio};

use sluice_policy::digest::Digest;
use sluice_site::Site;
use sluice_site::sets::{SetError, Sets};
use sluice_testing::{Draft, Host, NOW};
use time::Duration;

const ID: &str = "variant-calling@1.0.0";
const FILE: &str = "entries/variant-calling@1.0.0.toml";
const WHO: &str = "controller@lab";

/// One line of the table, and the world it is about.
struct Case {
    what: &'static str,
    host: Host,
    draft: Draft,
    policy: String,
    /// `allowed_signers`, if it isn't the host's own.
    signers: Option<String>,
    who: &'static str,
    /// A word of the reason; empty where Sluice accepts.
    reason: &'static str,
}

fn entry() -> String {
    format!(
        "format = 1\nname = \"variant-calling\"\nversion = \"1.0.0\"\ndigest = \"{}\"\n\
         engine = \"sh\"\nnetwork = \"none\"\nsteps = \"none\"\nstdio = \"sealed\"\n\
         [approval]\nby = \"c\"\nproposal = \"P\"\npurpose = \"t\"\nrequester = \"r\"\n\
         at = \"2026-06-01T00:00:00Z\"\n[[data]]\nname = \"cohort\"\nat = \"/data/cohort\"\n\
         [[command]]\nscript = \"\"\"\n#!/bin/bash\ncat {{bundle}}/x\n\"\"\"\n",
        Digest::of(b"bundle")
    )
}

/// Everything is as it should be but for what `change` does.
fn case(what: &'static str, reason: &'static str, change: impl FnOnce(&mut Case)) -> Option<Case> {
    let host = Host::new()?;
    let mut draft = Draft::new(2);
    host.add(&mut draft, FILE, &entry(), &[WHO]);
    let policy = format!("[policy]\n[[policy.controller]]\nprincipal = \"{WHO}\"\n");
    let mut case = Case { what, host, draft, policy, signers: None, who: WHO, reason };
    change(&mut case);
    Some(case)
}

impl Case {
    fn signature(&self) -> String {
        format!("{FILE}.sig.d/{}.sig", self.who)
    }

    /// Signs anew with a key of another kind, listed in place of the controller's.
    fn key(&mut self, options: &[&str]) {
        let path = self.host.dir.path().join("other");
        let made = Command::new("ssh-keygen")
            .args(["-q", "-N", "", "-C", "", "-f"])
            .arg(&path)
            .args(options)
            .status();
        assert!(made.unwrap().success());
        let public = fs::read_to_string(path.with_extension("pub")).unwrap();
        let mut signed = Command::new("ssh-keygen");
        signed.args(["-q", "-Y", "sign", "-n", "sluice-entry@v1", "-f"]).arg(&path);
        let mut child = signed.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), entry().as_bytes()).unwrap();
        let signature = child.wait_with_output().unwrap().stdout;
        self.draft.files.insert(self.signature(), signature);
        self.line(&format!("{WHO} {public}"));
    }

    /// Replaces the controller's line.
    fn line(&mut self, line: &str) {
        let others = self.host.signers().lines().filter(|it| !it.starts_with(WHO));
        let others: Vec<&str> = others.collect();
        self.signers = Some(format!("{}\n{}\n", line.trim_end(), others.join("\n")));
    }

    fn own_line(&self) -> String {
        self.host.signers().lines().find(|line| line.starts_with(WHO)).unwrap().to_owned()
    }

    fn revoke(&mut self, what: &str) {
        let text = format!("format = 1\n{what}\nwhy = \"lost\"\nat = \"2026-06-02T00:00:00Z\"\n");
        self.host.add(&mut self.draft, "revoked.toml", &text, &[WHO]);
    }

    fn openssh(&self) -> bool {
        let dir = self.host.dir.path();
        let message = dir.join("message");
        fs::write(&message, &self.draft.files[FILE]).unwrap();
        fs::write(dir.join("sig"), &self.draft.files[&self.signature()]).unwrap();
        let output = Command::new("ssh-keygen")
            .args(["-Y", "verify", "-n", "sluice-entry@v1", "-I", self.who, "-s", "sig", "-f"])
            .arg(self.host.etc().join("allowed_signers"))
            .args(["-O", "verify-time=20260701120000Z"])
            .current_dir(dir)
            .stdin(fs::File::open(&message).unwrap())
            .output();
        output.unwrap().status.success()
    }

    fn sluice(&self) -> Result<(), SetError> {
        let text = format!(
            "format = 1\ncluster = \"lab\"\nworkflows = \"/srv/w\"\nruntimes = \"/srv/r\"\n\
             runs = \"/srv/runs\"\nsealed-root = \"/srv/sealed\"\nattestations = \"/srv/att\"\n\
             status = \"/srv/status\"\n{}",
            self.policy
        );
        let site = Site::parse(text.as_bytes()).unwrap();
        let state = self.host.dir.path().join("state");
        Sets::open_below(&site, &self.host.etc(), &state)?.current(NOW)?.entry(ID, NOW).map(drop)
    }
}

#[test]
fn what_sluice_accepts_ssh_keygen_accepts() {
    let cases = [
        case("an Ed25519 key", "", |_| {}),
        case("an ECDSA P-256 key", "", |it| it.key(&["-t", "ecdsa"])),
        case("an RSA key", "key type is not accepted", |it| it.key(&["-t", "rsa"])),
        case("an ECDSA P-384 key", "key type is not accepted", |it| {
            it.key(&["-t", "ecdsa", "-b", "384"]);
        }),
        case("a principal by pattern", "patterns and lists are not accepted", |it| {
            let line = it.own_line().replace(WHO, "*@lab");
            it.line(&line);
        }),
        case("two principals on a line", "patterns and lists are not accepted", |it| {
            let line = it.own_line().replace(WHO, "controller@lab,deputy@lab");
            it.line(&line);
        }),
        case("one key for two principals", "stands for another principal", |it| {
            let line = it.own_line();
            it.line(&format!("{line}\n{}", line.replace(WHO, "deputy@lab")));
        }),
        case("a principal without the role", "may not approve it", |it| {
            it.who = "second@lab";
            it.draft.files.clear();
            it.host.add(&mut it.draft, FILE, &entry(), &["second@lab"]);
        }),
        case("a name out of the key's reach", "may not approve it", |it| {
            it.policy += "names = [\"imaging-*\"]\n";
        }),
        case("data out of the key's reach", "may not approve it", |it| {
            it.policy += "data = [\"genomes\"]\n";
        }),
        case("one of two signatures", "1 of 2 signatures", |it| {
            it.policy = it.policy.replace("[policy]\n", "[policy]\nentry-signatures = 2\n");
            it.policy += "[[policy.controller]]\nprincipal = \"second@lab\"\n";
        }),
        case("a revoked key", "is revoked: lost", |it| {
            let key = it.host.keys.fingerprint(WHO);
            it.revoke(&format!("[[key]]\nfingerprint = \"{key}\""));
        }),
        case("a revoked bundle", "is revoked: lost", |it| {
            it.revoke(&format!("[[digest]]\ndigest = \"{}\"", Digest::of(b"bundle")));
        }),
        case("an expired index", "expired at", |it| it.draft.expires = NOW - Duration::hours(1)),
        case("a serial that went back", "at least 3 is required", |it| {
            it.policy = format!("min-serial = 3\n{}", it.policy);
        }),
        // Refused by both.
        case("a key that has run out", "not valid now", |it| {
            let line = it.own_line().replace(WHO, &format!("{WHO} valid-before=\"20260601Z\""));
            it.line(&line.replace("Z\" namespaces", "Z\",namespaces"));
        }),
        case("a key for another namespace", "may not sign sluice-entry@v1", |it| {
            let line = it.own_line().replace("sluice-entry@v1", "file");
            it.line(&line);
        }),
        case("a signature for another purpose", "it was made for", |it| {
            let signature = it.host.keys.sign(WHO, "sluice-index@v1", entry().as_bytes());
            it.draft.files.insert(it.signature(), signature);
        }),
        case("an altered entry", "one of the two was altered", |it| {
            let text = entry().replace("purpose = \"t\"", "purpose = \"x\"");
            it.draft.files.insert(FILE.into(), text.into());
        }),
        case("another's signature", "is not controller@lab's", |it| {
            let signature = it.host.keys.sign("second@lab", "sluice-entry@v1", entry().as_bytes());
            it.draft.files.insert(it.signature(), signature);
        }),
    ];
    let mut stricter = 0;
    for case in cases.into_iter().flatten() {
        if let Some(signers) = &case.signers {
            case.host.write_signers(signers);
        }
        case.host.publish(&case.draft);
        let (openssh, sluice) = (case.openssh(), case.sluice());
        let word = |accepted: bool| if accepted { "accepts" } else { "refuses" };
        let (code, reason) = match &sluice {
            Ok(()) => ("", String::new()),
            Err(error) => (error.code().word(), error.to_string()),
        };
        println!(
            "{:<32} ssh-keygen {}  sluice {} {code} {reason}",
            case.what,
            word(openssh),
            word(sluice.is_ok())
        );
        assert_eq!(sluice.is_ok(), case.reason.is_empty(), "{}: {reason}", case.what);
        assert!(reason.contains(case.reason), "{}: {reason}", case.what);
        assert!(openssh || sluice.is_err(), "{}: Sluice alone accepts", case.what);
        if openssh && sluice.is_err() {
            stricter += 1;
            assert!(
                reason.contains(';') || code == "revoked",
                "{}: no remedy: {reason}",
                case.what
            );
        }
    }
    assert!(stricter == 0 || stricter == 13, "{stricter}");
}
