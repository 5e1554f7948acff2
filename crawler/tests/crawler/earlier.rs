//! What earlier versions wrote is read: tests/fixtures.

use std::{
    fs,
    io::BufReader,
    path::{Path, PathBuf},
    process::Command,
};

use sluice_crawler::{ledger::Reader, outcome::State};
use sluice_policy::attestation::{Envelope, Statement};
use sluice_site::{Site, audit, record::Record, sets::Sets};
use sluice_testing::is_root;
use ssh_key::PublicKey;
use tempfile::TempDir;
use time::{OffsetDateTime, macros::datetime};

use crate::world::program::output;

/// When the fixture was made, and when its sets expire.
const THEN: OffsetDateTime = datetime!(2026-11-30 10:12 UTC);
const EXPIRED: OffsetDateTime = datetime!(2036-11-27 10:11 UTC);

/// Uid and gid of the service account.
const SERVICE: &str = "64999:64999";

/// Shows the fixture where its configuration says, and becomes the crawler.
const ENTER: &str = r#"
mount -t tmpfs tmpfs /mnt && mkdir /mnt/upper /mnt/work
mount -t overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work overlay /etc
sed -i '/^sluice:/d' /etc/passwd /etc/group
echo "sluice:x:$1::/:/bin/false" >>/etc/passwd
echo "sluice:x:${1#*:}:" >>/etc/group
mkdir -p /etc/sluice && mount --bind "$0/etc/sluice" /etc/sluice
mount --bind "$0/srv" /srv
mount -t tmpfs -o mode=0755 tmpfs /var/lib
mkdir -p /var/lib/sluice/crawler
mount --bind "$0/var/lib/sluice/crawler" /var/lib/sluice/crawler
shift
exec "$@"
"#;

/// A copy with the owners and modes of a real host, which git doesn't keep.
fn host() -> Option<TempDir> {
    if !is_root() {
        return None;
    }
    let host = tempfile::tempdir_in("/run").unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/622b82a");
    let own = format!(
        "cp -a {}/. . && chown -R 0:0 . && chmod -R u=rwX,go=rX . && chmod 755 .
         chown -R {SERVICE} srv/sluice-private srv/sluice/published srv/sluice/status var/lib/sluice/crawler
         chmod -R go= srv/sluice-private var",
        fixture.display()
    );
    let done = Command::new("sh").args(["-ec", &own]).current_dir(host.path()).status();
    assert!(done.unwrap().success());
    Some(host)
}

fn read(path: PathBuf) -> Vec<u8> {
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn configuration_and_sets_are_read() {
    let Some(host) = host() else { return };
    let etc = host.path().join("etc/sluice");
    let site = Site::parse(&read(etc.join("sluice.toml"))).unwrap();
    // As published, and as a node keeps it.
    let kept = host.path().join("var/lib/sluice");
    for state in [host.path().join("state"), kept] {
        let set = Sets::open_below(&site, &etc, &state).unwrap().current(THEN).unwrap();
        assert_eq!(set.serial(), 2);
        assert!(set.entry("worst-case@1.0.0", THEN).is_ok());
    }
}

#[test]
fn records_and_logs_are_read() {
    let Some(host) = host() else { return };
    let record = Record::parse(&read(host.path().join("run/sluice/jobs/5.0/record.json"))).unwrap();
    assert_eq!(
        (record.run.job, &*record.run.user, &*record.basis.entry),
        (5, "alice", "worst-case@1.0.0")
    );
    for log in ["var/log/sluice/audit.jsonl", "var/lib/sluice/crawler/audit.jsonl"] {
        let file = fs::File::open(host.path().join(log)).unwrap();
        audit::verify(BufReader::new(file)).unwrap_or_else(|error| panic!("{log}: {error}"));
    }
}

#[test]
fn attestations_are_read() {
    let Some(host) = host() else { return };
    let ca = String::from_utf8(read(host.path().join("etc/sluice/keys/cluster.pub"))).unwrap();
    let ca = PublicKey::from_openssh(ca.trim()).unwrap();
    for job in 1..=4 {
        let spooled = format!("srv/sluice-private/attestations/spool/lab-{job}.0.json");
        let envelope = Envelope::parse(&read(host.path().join(spooled))).unwrap();
        let Statement { predicate, .. } = envelope.open(&ca, THEN).unwrap();
        assert_eq!((predicate.run.job, &*predicate.run.node), (job, "n1"));
    }
}

#[test]
fn ledger_and_spool_are_gone_on_with() {
    let Some(host) = host() else { return };
    let state = host.path().join("var/lib/sluice/crawler");
    let published = host.path().join("srv/sluice/published/alice");
    let before = read(published.join("published-lab-1.0/manifest.json"));
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-e", "-c", ENTER]).arg(host.path()).arg(SERVICE);
    command.args([env!("CARGO_BIN_EXE_sluice-crawler"), "once", "--json"]);
    let (_, said, log) = output(command);
    let fresh = OffsetDateTime::now_utc() < EXPIRED;
    assert_eq!(said["published"], u64::from(fresh), "{said} {log}");
    let stands: Vec<_> = Reader::open(&state).unwrap().all().unwrap();
    let mut stands: Vec<_> = stands.iter().map(|run| (&*run.name, run.state)).collect();
    stands.sort_by_key(|(name, _)| *name);
    let expected = [
        ("lab-1.0.json", State::Published),
        ("lab-2.0.json", State::Held),
        ("lab-3.0.json", State::Failed),
        ("lab-4.0.json", if fresh { State::Published } else { State::Seen }),
    ];
    assert_eq!(stands, expected, "{log}");
    assert_eq!(read(published.join("published-lab-1.0/manifest.json")), before);
    if fresh {
        assert_eq!(read(published.join("pending-lab-4.0/results.csv")), b"a,b\n3,4\n");
    }
}
