//! Other hosts, reached by ssh or what the site has in its place.

use std::ffi::OsString;
use std::process::{Command, Output, Stdio};

use crate::exit::{Doing, Failure, Result};

/// How hosts are reached.
pub(super) struct Shell {
    words: Vec<OsString>,
}

impl Shell {
    /// `line` is a command and its options, split at blanks; the host and its command follow it.
    pub(super) fn new(line: &str) -> Result<Self> {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        match words.is_empty() {
            true => Err(Failure::usage("--rsh needs a command, such as ssh")),
            false => Ok(Self { words }),
        }
    }

    /// Runs `sluice` with plain words on `host`, its standard input from `input`.
    pub(super) fn sluice(&self, host: &str, arguments: &[&str], input: Stdio) -> Result<Output> {
        if host.is_empty() || host.starts_with('-') || host.contains(char::is_whitespace) {
            return Err(Failure::usage(format_args!("{host:?} is no host name")));
        }
        Command::new(&self.words[0])
            .args(&self.words[1..])
            .args([host, "sluice"])
            .args(arguments)
            .stdin(input)
            .output()
            .doing(|| format!("run {}", self.words[0].to_string_lossy()))
    }
}

/// What a failed remote command said, in one line.
pub(super) fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let last = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    last.trim_start_matches("sluice: ").to_owned()
}
