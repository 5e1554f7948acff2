//! Programs that root starts.

use std::ffi::OsStr;
use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A killed program is gone within this time, unless it is stuck in the kernel.
const PATIENCE: Duration = Duration::from_secs(1);

/// A command that gets nothing of the caller's: neither its environment nor its directory nor its
/// standard input, output and error.
pub fn clean(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/bin:/bin").current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// How a program ended; none if it goes on at `deadline`.
pub fn wait_until(child: &mut Child, deadline: Instant) -> io::Result<Option<ExitStatus>> {
    loop {
        match child.try_wait()? {
            None if Instant::now() < deadline => sleep(Duration::from_millis(2)),
            ended => return Ok(ended),
        }
    }
}

/// Kills a program, if it still runs, and reaps it. One that is stuck in the kernel is left.
pub fn stop(child: &mut Child) {
    let _ = child.kill();
    let _ = wait_until(child, Instant::now() + PATIENCE);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_stopped_program_leaves_no_zombie() {
        let mut child = clean("/bin/sleep").arg("1000").spawn().unwrap();
        assert!(wait_until(&mut child, Instant::now()).unwrap().is_none());
        stop(&mut child);
        assert!(!Path::new(&format!("/proc/{}", child.id())).exists());
        // Whoever has its number next is none of ours.
        stop(&mut child);
    }
}
