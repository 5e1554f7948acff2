//! `sluice allowlist push`: puts a set in force, here or on other hosts.
//!
//! A set travels as a tar stream to `sluice allowlist push -` on the other host, which verifies it
//! with its own keys and policy; nothing is believed for having come over the wire.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use rustix::process::geteuid;
use serde::Serialize;
use serde_json::json;
use sluice_site::audit::{Audit, Event};
use sluice_site::paths::{ALLOWLIST, AUDIT};

use super::draft::Draft;
use super::force::put_in_force;
use super::nodes::{self, Shell, said};
use super::verify::{self, Against};
use super::{published, running};
use crate::args::allowlist::Push;
use crate::exit::{Doing, Exit, Failure, Result};
use crate::output;

/// Stands for a set on standard input.
const STREAM: &str = "-";

#[derive(Serialize)]
struct Pushed<'a> {
    node: &'a str,
    serial: Option<u64>,
    error: Option<String>,
}

pub(super) fn run(args: &Push) -> Result<Exit> {
    let stream = args.set.as_ref().is_some_and(|set| set.as_os_str() == STREAM);
    if args.node.is_empty() {
        return here(args, stream);
    }
    if stream {
        return Err(Failure::usage("a set on standard input goes to this host alone"));
    }
    let set = args.set.as_deref();
    let serial = set.map(|set| Draft::open(set)?.index()).transpose()?.map(|index| index.serial);
    let shell = Shell::new(&args.rsh)?;
    let hosts = nodes::expand(&args.node)?;
    let sent = nodes::each(&hosts, |host| send(&shell, host, set));
    let mut exit = Exit::Ok;
    let mut report = Vec::new();
    for (node, sent) in hosts.iter().zip(sent) {
        for line in sent.as_deref().unwrap_or_default().lines() {
            output::note(format_args!("{node}: {line}"));
        }
        let error = sent.err().map(|failure| failure.message);
        if let Some(error) = &error {
            exit = Exit::NotAsItShould;
            output::note(format_args!("{node}: {error}"));
        }
        report.push(Pushed { node, serial: serial.filter(|_| error.is_none()), error });
    }
    if args.json {
        output::json(&report)?;
    }
    Ok(exit)
}

fn here(args: &Push, stream: bool) -> Result<Exit> {
    let site = verify::site(&args.config)?;
    let unpacked = stream.then(unpack).transpose()?;
    let set = unpacked.as_ref().map(tempfile::TempDir::path).or(args.set.as_deref());
    let mut serial = None;
    if let Some(set) = set {
        let against = Against::site(verify::signers(&args.signers)?, &site);
        let pushed = put_in_force(&Draft::open(set)?, &args.to, &against)?;
        output::note(format_args!("serial {pushed} is in force in {}", args.to.display()));
        serial = Some(pushed);
    }
    // Elsewhere lie other hosts' sets.
    if args.to == Path::new(ALLOWLIST) {
        // Running jobs before the log: a full disk is no reason to let them go on.
        running::apply(&site)?;
        serial.map_or(Ok(()), record)?;
    }
    if args.json {
        output::json(&[Pushed { node: "", serial, error: None }])?;
    }
    Ok(Exit::Ok)
}

/// A set in force is a decision like others, and stands in this host's audit log.
fn record(serial: u64) -> Result<()> {
    if !geteuid().is_root() {
        return Ok(());
    }
    let set = published::set(None)?;
    let revoked = set.revoked()?;
    let detail = json!({
        "serial": serial,
        "index-digest": set.index_digest()?,
        "entries": set.entries()?.len(),
        "revoked-digests": revoked.digests.iter().map(|it| it.digest).collect::<Vec<_>>(),
        "revoked-keys": revoked.keys.iter().map(|it| &it.fingerprint).collect::<Vec<_>>(),
    });
    Audit::open(Path::new(AUDIT))
        .and_then(|mut log| log.append(Event::Allowlist, detail, true))
        .map(drop)
        .map_err(|error| {
            Failure::environment(format_args!("serial {serial} is in force, but {error}"))
        })
}

/// What the other side said. Links are sent as links, which it refuses to read.
fn send(shell: &Shell, node: &str, set: Option<&Path>) -> Result<String> {
    let answer = |output: Output| match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stderr).into_owned()),
        false => Err(Failure::bad(said(&output))),
    };
    let Some(set) = set else {
        return answer(shell.sluice(node, &["allowlist", "push"], Stdio::null())?);
    };
    let mut tar = Command::new("tar")
        .args(["--create", "--file=-", "--directory"])
        .arg(set)
        .arg(".")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .doing(|| "run tar")?;
    let stream = tar.stdout.take().map_or_else(Stdio::null, Stdio::from);
    let output = shell.sluice(node, &["allowlist", "push", STREAM], stream);
    // One that nobody reads any more ends by itself.
    let packed = tar.wait().doing(|| "wait for tar")?;
    let said = answer(output?)?;
    match packed.success() {
        true => Ok(said),
        false => Err(Failure::environment("tar failed; its own message stands above")),
    }
}

/// Unpacks standard input into a private directory.
fn unpack() -> Result<tempfile::TempDir> {
    let dir = tempfile::tempdir().doing(|| "make a temporary directory")?;
    let status = Command::new("tar")
        .args(["--extract", "--file=-", "--no-same-owner", "--no-same-permissions", "--directory"])
        .arg(dir.path())
        .status()
        .doing(|| "run tar")?;
    match status.success() {
        true => Ok(dir),
        false => {
            Err(Failure::bad("standard input is not a set as `sluice allowlist push` sends it"))
        }
    }
}
