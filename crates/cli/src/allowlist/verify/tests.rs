//! A thousand sets as chance makes them: what `verify` says of each is what a node does with it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use sluice_policy::digest::Digest;
use sluice_policy::index::{self, Index};
use sluice_policy::set::{INDEX, REVOKED, entry_file, signature_dir, signature_file};
use sluice_policy::signers::AllowedSigners;
use sluice_policy::{entry, revocation};
use sluice_site::Site;
use sluice_site::sets::{SetError, Sets, VerifiedSet};
use sluice_testing::{NOW, is_root, point_to, write};
use ssh_key::private::{Ed25519Keypair, PrivateKey};
use ssh_key::{HashAlg, LineEnding};
use time::Duration;

use super::{Against, Kind, Problem};
use crate::allowlist::draft::Draft;

const SETS: u64 = 1000;
const IDS: [&str; 2] = ["demo@1.0", "other@1.0"];
/// Who signs, and how `allowed_signers` lists them; the last has no line.
const PEOPLE: [(&str, &str); 9] = [
    ("admin-a@lab", "namespaces=\"sluice-index@v1\""),
    ("admin-b@lab", "namespaces=\"sluice-index@v1\""),
    ("all@lab", "namespaces=\"sluice-entry@v1,sluice-index@v1\""),
    ("carol@lab", "namespaces=\"sluice-entry@v1\""),
    ("dave@lab", "namespaces=\"sluice-entry@v1\""),
    ("early@lab", "valid-after=\"20260801Z\""),
    ("late@lab", "valid-before=\"20260601Z\""),
    ("sue@lab", ""),
    ("zoe@lab", "-"),
];
const HOLDERS: [&str; 3] = [
    "[policy]\n[[policy.controller]]\nprincipal = \"carol@lab\"\n\
     [[policy.controller]]\nprincipal = \"late@lab\"\n",
    "min-serial = 3\n[policy]\nentry-signatures = 2\n\
     [[policy.controller]]\nprincipal = \"all@lab\"\n\
     [[policy.controller]]\nprincipal = \"carol@lab\"\n\
     [[policy.controller]]\nprincipal = \"dave@lab\"\nnames = [\"demo\"]\n",
    "[policy]\nsecurity-signatures = 1\n[[policy.controller]]\nprincipal = \"carol@lab\"\n\
     [[policy.controller]]\nprincipal = \"dave@lab\"\n\
     [[policy.security]]\nprincipal = \"sue@lab\"\n",
];

/// SplitMix64: the same sets in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn percent(&mut self, n: u64) -> bool {
        self.below(100) < n
    }

    fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap()
    }
}

fn key(person: usize) -> PrivateKey {
    Ed25519Keypair::from_seed(&[u8::try_from(person).unwrap(); 32]).into()
}

fn fingerprint(person: usize) -> String {
    key(person).public_key().fingerprint(HashAlg::Sha256).to_string()
}

fn allowed_signers() -> String {
    let lines = PEOPLE.iter().enumerate().filter(|(_, (_, options))| *options != "-");
    let line = |(person, (name, options)): (usize, &(&str, &str))| {
        format!("{name} {options} {}\n", key(person).public_key().to_openssh().unwrap())
    };
    lines.map(line).collect()
}

fn sign(person: usize, namespace: &str, bytes: &[u8]) -> Vec<u8> {
    let signature = key(person).sign(namespace, HashAlg::Sha512, bytes).unwrap();
    signature.to_pem(LineEnding::LF).unwrap().into()
}

fn entry(id: &str) -> String {
    let (name, version) = id.split_once('@').unwrap();
    format!(
        "format = 1\nname = \"{name}\"\nversion = \"{version}\"\ndigest = \"{}\"\n\
         engine = \"sh\"\nnetwork = \"none\"\nsteps = \"none\"\nstdio = \"sealed\"\n\
         [approval]\nby = \"carol@lab\"\nproposal = \"P\"\npurpose = \"t\"\nrequester = \"r\"\n\
         at = \"2026-06-01T00:00:00Z\"\n\
         [[command]]\nscript = \"\"\"\n#!/bin/bash\ncat {{bundle}}/x\n\"\"\"\n",
        Digest::of(id.as_bytes())
    )
}

type Set = BTreeMap<String, Vec<u8>>;

/// A set in which much is as it should be, and something often isn't.
fn make(chance: &mut Chance) -> (u64, Set) {
    let mut set = Set::new();
    for id in IDS {
        let file = if chance.percent(3) { "renamed@1.0" } else { id };
        add(&mut set, chance, &entry_file(file), entry(id).as_bytes(), entry::NAMESPACE, 40);
    }
    if chance.percent(50) {
        let text = revocations(chance);
        add(&mut set, chance, REVOKED, text.as_bytes(), revocation::NAMESPACE, 45);
    }
    let (serial, ends) = (1 + chance.below(12), if chance.percent(5) { -1 } else { 240 });
    let index = Index {
        format: 1,
        serial,
        issued: NOW - Duration::days(20),
        expires: NOW + Duration::hours(ends),
        files: set.iter().map(|(file, bytes)| (file.clone(), Digest::of(bytes))).collect(),
    };
    let text = index.to_toml().unwrap();
    add(&mut set, chance, INDEX, text.as_bytes(), index::NAMESPACE, 40);
    if chance.percent(15) {
        tamper(&mut set, chance);
    }
    (serial, set)
}

fn revocations(chance: &mut Chance) -> String {
    let mut text = "format = 1\n".to_owned();
    let mut take_back = |what: &str, value: &str| {
        text += &format!(
            "[[{what}]]\n{} = \"{value}\"\nwhy = \"lost\"\nat = \"2026-06-02T00:00:00Z\"\n",
            if what == "key" { "fingerprint" } else { what }
        );
    };
    for person in 0..PEOPLE.len() {
        if chance.percent(15) {
            take_back("key", &fingerprint(person));
        }
    }
    let (bundle, approval) = (Digest::of(IDS[0].as_bytes()), Digest::of(entry(IDS[1]).as_bytes()));
    for digest in [bundle, approval] {
        if chance.percent(10) {
            take_back("digest", &digest.to_string());
        }
    }
    if chance.percent(3) { text.replace("format = 1", "format = 7") } else { text }
}

/// Adds a file and, of each person at `likely` percent, a signature.
fn add(set: &mut Set, chance: &mut Chance, file: &str, bytes: &[u8], namespace: &str, likely: u64) {
    set.insert(file.into(), bytes.into());
    for (person, (name, _)) in PEOPLE.iter().enumerate() {
        if !chance.percent(likely) {
            continue;
        }
        let signature = match chance.below(40) {
            0 => sign(person, namespace, b"other bytes"),
            1 => sign(person, "file", bytes),
            2 => sign((person + 1) % PEOPLE.len(), namespace, bytes),
            3 => b"no signature".to_vec(),
            _ => sign(person, namespace, bytes),
        };
        set.insert(signature_file(file, name), signature);
    }
}

/// What becomes of a set after its index was signed.
fn tamper(set: &mut Set, chance: &mut Chance) {
    let files: Vec<String> = set.keys().cloned().collect();
    let file = &files[chance.index(files.len())];
    match chance.below(6) {
        0 => drop(set.remove(file)),
        1 => set.get_mut(file).unwrap().push(b'\n'),
        2 => set.get_mut(file).unwrap().resize(5 << 20, b'#'),
        3 => set.retain(|name, _| !name.starts_with(&signature_dir(INDEX))),
        4 => {
            let bytes = entry(IDS[0]).into_bytes();
            let name = signature_file(&entry_file(IDS[0]), "more@lab");
            set.insert(name, sign(3, entry::NAMESPACE, &bytes));
        }
        _ => {
            for number in 0..70 {
                set.insert(signature_file(INDEX, &format!("{number}@lab")), b"x".to_vec());
            }
        }
    }
}

/// Puts the set where the host's nodes look.
fn publish(etc: &Path, serial: u64, set: &Set) {
    let allowlist = etc.join("allowlist");
    let _ = fs::remove_dir_all(&allowlist);
    for (file, bytes) in set {
        write(&allowlist.join(format!("sets/{serial}")).join(file), bytes);
    }
    point_to(&allowlist, &format!("sets/{serial}"));
}

/// A file system in memory where the kernel lets this process mount one.
struct Mounted<'a>(Option<&'a Path>);

impl<'a> Mounted<'a> {
    fn on(dir: &'a Path) -> Self {
        let options = Some(c"mode=0755");
        Self(mount("tmpfs", dir, "tmpfs", MountFlags::empty(), options).ok().map(|()| dir))
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        if let Some(dir) = self.0 {
            unmount(dir, UnmountFlags::DETACH).unwrap();
        }
    }
}

fn code<T>(found: &Result<T, SetError>) -> &'static str {
    found.as_ref().map_or_else(|error| error.code().word(), |_| "ok")
}

/// How often each verdict came out, so that the test tests something.
#[derive(Default)]
struct Seen(BTreeMap<&'static str, usize>);

impl Seen {
    fn count(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }
}

#[test]
fn verify_and_nodes_agree_on_a_thousand_sets() {
    if !is_root() {
        return;
    }
    let dir = tempfile::tempdir_in("/run").unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // Nodes sync each set to disk; in memory that costs nothing.
    let _mounted = Mounted::on(dir.path());
    let etc = dir.path().join("etc");
    fs::create_dir_all(&etc).unwrap();
    fs::write(etc.join("allowed_signers"), allowed_signers()).unwrap();
    let sites = HOLDERS.map(|holders| {
        let text = format!(
            "format = 1\ncluster = \"lab\"\nworkflows = \"/srv/w\"\nruntimes = \"/srv/r\"\n\
             runs = \"/srv/runs\"\nsealed-root = \"/srv/sealed\"\nattestations = \"/srv/att\"\n\
             status = \"/srv/status\"\n{holders}"
        );
        Site::parse(text.as_bytes()).unwrap()
    });
    let (mut chance, mut seen) = (Chance(15), Seen::default());
    for number in 0..SETS {
        let (serial, set) = make(&mut chance);
        publish(&etc, serial, &set);
        let site = &sites[chance.index(sites.len())];
        let state = dir.path().join("state");
        let node = Sets::open_below(site, &etc, &state).unwrap().current(NOW);

        let signers = AllowedSigners::parse(allowed_signers().as_bytes()).unwrap();
        let draft = Draft::open(&etc.join("allowlist/current"));
        // Without an index there is nothing to verify.
        match draft.and_then(|it| Against::site(signers, site).problems(&it, NOW)) {
            Ok(problems) => compare(number, &node, &problems, &mut seen),
            Err(_) => assert!(node.is_err(), "set {number}: only the node takes it"),
        }
        fs::remove_dir_all(state).unwrap();
    }
    println!("{:?}", seen.0);
    for what in ["ok", "allowlist-invalid", "revoked", "allowlist-expired", "allowlist-behind"] {
        assert!(seen.0.get(what) >= Some(&10), "{what}: {:?}", seen.0);
    }
    for what in ["entry ok", "entry revoked", "entry unsigned"] {
        assert!(seen.0.get(what) >= Some(&20), "{what}: {:?}", seen.0);
    }
}

fn compare(
    number: u64,
    node: &Result<VerifiedSet, SetError>,
    problems: &[Problem],
    seen: &mut Seen,
) {
    let of = |id: Option<&'static str>| {
        problems.iter().filter(move |problem| problem.entry.as_deref() == id)
    };
    let refused = of(None).any(|problem| problem.kind == Kind::Refused);
    assert_eq!(node.is_err(), refused, "set {number}: {} but {problems:#?}", code(node));
    seen.count(code(node));
    let Ok(node) = node else { return };
    // Nodes don't see what the index doesn't list.
    if of(None).any(|problem| problem.kind == Kind::Undone) {
        return;
    }
    for id in IDS {
        let entry = node.entry(id, NOW);
        let kind = |wanted| of(Some(id)).any(|problem| problem.kind == wanted);
        let (said, what) = match (kind(Kind::Refused), kind(Kind::TakenBack)) {
            (true, _) => ("entry-unsigned", "entry unsigned"),
            (false, true) => ("revoked", "entry revoked"),
            (false, false) => ("ok", "entry ok"),
        };
        // One that lies under another name is not listed, and `verify` says so of that name.
        if code(&entry) != "not-listed" {
            assert_eq!(code(&entry), said, "set {number}, {id}: {problems:#?}");
            seen.count(what);
        }
    }
}
