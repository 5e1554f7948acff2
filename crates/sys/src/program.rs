//! Programs that root starts.

use std::process::{Command, Stdio};

/// A command that gets nothing of the caller's: neither its environment nor its directory nor its
/// standard input, output and error.
pub fn clean(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/bin:/bin").current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}
