//! The program itself, as the service account, in a mount namespace with its own /etc/sluice.

use std::{
    env, fs,
    os::unix::fs::chown,
    path::PathBuf,
    process::{Child, Command, Output},
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::World;

/// Uid and gid of the account that a world's sluice.toml names.
pub(crate) const NOBODY: u32 = 65534;

/// The program as it was built beside this test.
pub(crate) fn built() -> PathBuf {
    let at = env::current_exe().unwrap().with_file_name("../sluice-render");
    assert!(at.exists(), "cargo build -p sluice-render");
    at.canonicalize().unwrap()
}

/// Hides the host's own places behind the world's, then becomes the crawler.
const ENTER: &str = r#"
mount -t tmpfs tmpfs /mnt && mkdir /mnt/upper /mnt/work
mount -t overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work overlay /etc
mkdir -p /etc/sluice && mount --bind "$0/etc" /etc/sluice
[ -z "${SLUICE_TEST_DISK:-}" ] || mount -t tmpfs -o "size=$SLUICE_TEST_DISK,mode=0700,uid=65534" tmpfs "$0/state"
[ -z "${SLUICE_TEST_RENDER:-}" ] || {
    mount -t tmpfs -o mode=0755 tmpfs /usr/libexec
    install -D -m 0755 "$SLUICE_TEST_RENDER" /usr/libexec/sluice/sluice-render
}
mount -t tmpfs -o mode=0755 tmpfs /var/lib
mkdir -p /var/lib/sluice/crawler && mount --bind "$0/state" /var/lib/sluice/crawler
exec "$@"
"#;

impl World {
    /// Makes the shared places the service account's and writes /etc/sluice/sluice.toml.
    pub(crate) fn inhabit(&self, site: &str) {
        fs::create_dir_all(self.at("published")).unwrap();
        for path in ["published", "status", "state"] {
            chown(self.at(path), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let keys = self.at("etc/keys/s3.toml");
        if keys.exists() {
            chown(keys, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        fs::write(self.at("etc/sluice.toml"), site).unwrap();
    }

    /// A crawler at work.
    pub(crate) fn daemon(&self, binary: &str) -> Daemon {
        Daemon::start(&mut self.program(binary, &["run"]))
    }

    /// A command line of the crawler. The process that is started becomes the crawler.
    pub(crate) fn program(&self, binary: &str, words: &[&str]) -> Command {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-e", "-c", ENTER]).arg(self.dir.path());
        command.arg(binary).args(words);
        command
    }
}

/// A crawler that works until it is ended, or until the test that started it has failed.
pub(crate) struct Daemon(Child);

impl Daemon {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// Sends a signal and waits for the end.
    pub(crate) fn end(mut self, signal: &str) -> Option<i32> {
        self.signal(signal);
        self.0.wait().unwrap().code()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Neither does anything to one that has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Exit code, what was said as JSON, and standard error.
pub(crate) fn output(mut command: Command) -> (Option<i32>, Value, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    (status.code(), serde_json::from_slice(&stdout).unwrap_or_default(), said)
}

/// Waits for something that happens by itself.
pub(crate) fn wait_for(what: impl Fn() -> bool) {
    let started = Instant::now();
    while !what() {
        assert!(started.elapsed() < Duration::from_secs(60), "in vain");
        sleep(Duration::from_millis(2));
    }
}
