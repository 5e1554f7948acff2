//! One flipped bit anywhere, in a published set or in a frozen tree, is detected.
#![allow(clippy::unwrap_used)]

use std::cell::Cell;
use std::fs;
use std::os::fd::AsFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use sluice_policy::digest::Digest;
use sluice_policy::manifest::Manifest;
use sluice_site::Site;
use sluice_site::bundle::{hash, survey};
use sluice_site::sets::{SetError, Sets};
use sluice_sys::beneath::open_dir;
use sluice_testing::{Draft, Host, NOW, write};

const ID: &str = "demo@1.0.0";

fn entry(digest: &Digest) -> String {
    format!(
        "format = 1\nname = \"demo\"\nversion = \"1.0.0\"\ndigest = \"{digest}\"\nengine = \"sh\"\n\
         network = \"none\"\nsteps = \"none\"\nstdio = \"sealed\"\n[approval]\nby = \"c\"\n\
         proposal = \"P\"\npurpose = \"t\"\nrequester = \"r\"\nat = \"2026-06-01T00:00:00Z\"\n\
         [[command]]\nscript = \"\"\"\n#!/bin/bash\ncat {{bundle}}/x\n\"\"\"\n"
    )
}

/// The set in force approves the entry and brings its manifest.
fn approves(host: &Host, site: &Site, bundle: &Digest) -> Result<(), SetError> {
    let state = host.dir.path().join("state");
    let set = Sets::open_below(site, &host.etc(), &state)?.current(NOW)?;
    set.entry(ID, NOW)?;
    match set.manifest(bundle) {
        Some(manifest) if manifest.digest() == *bundle => Ok(()),
        _ => Err(SetError::NotListed("the manifest".into())),
    }
}

/// A host with a published set of every kind of file, which is kept, too.
fn published() -> Option<(Host, Site, Digest)> {
    let host = Host::new()?;
    let site = "format = 1\ncluster = \"lab\"\nworkflows = \"/srv/w\"\nruntimes = \"/srv/r\"\n\
                runs = \"/srv/runs\"\nsealed-root = \"/srv/sealed\"\nattestations = \"/srv/att\"\n\
                status = \"/srv/status\"\n[policy]\n[[policy.controller]]\n\
                principal = \"controller@lab\"\n";
    let site = Site::parse(site.as_bytes()).unwrap();
    let manifest = b"sluice-manifest 1\nd - - a\n";
    let bundle = Digest::of(manifest);
    let mut draft = Draft::new(1);
    host.add(&mut draft, "entries/demo@1.0.0.toml", &entry(&bundle), &["controller@lab"]);
    host.add(&mut draft, "revoked.toml", "format = 1\n", &["controller@lab"]);
    draft.files.insert(format!("manifests/{}", bundle.hex()), manifest.to_vec());
    host.publish(&draft);
    forget(&host);
    approves(&host, &site, &bundle).unwrap();
    Some((host, site, bundle))
}

fn forget(host: &Host) {
    let _ = fs::remove_dir_all(host.dir.path().join("state"));
}

/// Flips every bit of a file in turn and returns those with which the entry is still approved, unless
/// the file was put right on the way; it is restored after each.
fn undetected(path: &Path, approved: &dyn Fn() -> bool) -> Vec<usize> {
    let genuine = fs::read(path).unwrap();
    let bits = (0..8 * genuine.len()).filter(|bit| {
        let mut altered = genuine.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        fs::write(path, &altered).unwrap();
        let undetected = approved() && fs::read(path).unwrap() != genuine;
        fs::write(path, &genuine).unwrap();
        undetected
    });
    let found: Vec<usize> = bits.collect();
    println!("{}: {} of {} bits", path.display(), found.len(), 8 * genuine.len());
    found
}

#[test]
fn in_a_set() {
    let Some((host, site, bundle)) = published() else { return };
    let files = files(&host.allowlist().join("sets/1"));
    assert_eq!(files.len(), 7);
    let approved = || {
        forget(&host);
        approves(&host, &site, &bundle).is_ok()
    };
    for path in files {
        assert_eq!(undetected(&path, &approved).len(), 0, "{}", path.display());
    }
    assert!(approved());
}

#[test]
fn in_the_kept_copy() {
    let Some((host, site, bundle)) = published() else { return };
    let kept = host.dir.path().join("state/allowlist");
    let files = files(&kept);
    // Those of the set, its stamp, the floor, and a lock without content.
    assert_eq!(files.len(), 10);
    // While the published set is there, what was altered is taken in anew.
    let stamp = kept.join("1/verified.json");
    let genuine = fs::read(&stamp).unwrap();
    fs::write(&stamp, b"altered").unwrap();
    fs::write(kept.join("1/revoked.toml"), b"format = 1\n\n").unwrap();
    approves(&host, &site, &bundle).unwrap();
    assert_eq!(fs::read(&stamp).unwrap(), genuine);

    let sets = host.allowlist().join("sets");
    fs::rename(&sets, sets.with_extension("away")).unwrap();
    let approved = || approves(&host, &site, &bundle).is_ok();
    let signers = host.signers().to_owned();
    let turn = Cell::new(0);
    for path in files {
        host.write_signers(&signers);
        assert!(approved());
        let name = path.strip_prefix(&kept).unwrap().to_str().unwrap();
        // What is read only to verify the set again, as when the keys change, is judged then.
        let with_the_keys = name == "1/index.toml"
            || name.starts_with("1/index.toml.sig.d/")
            || name.starts_with("1/revoked.toml.sig.d/");
        let found = undetected(&path, &|| {
            if with_the_keys {
                turn.set(turn.get() + 1);
                host.write_signers(&format!("{signers}# {}\n", turn.get()));
            }
            approved()
        });
        assert_eq!(found.len(), 0, "{name}");
    }
    host.write_signers(&signers);
    assert!(approved());
}

#[test]
fn in_the_list_of_keys() {
    let Some((host, site, bundle)) = published() else { return };
    let path = host.etc().join("allowed_signers");
    let text = fs::read_to_string(&path).unwrap();
    let needed: Vec<&str> = text.lines().filter(|line| !line.starts_with("second")).collect();
    fs::write(&path, needed.join("\n")).unwrap();
    let text = fs::read(&path).unwrap();
    let approved = || approves(&host, &site, &bundle).is_ok();
    for bit in undetected(&path, &approved) {
        // A comment says nothing, to OpenSSH neither: it is the fourth word of a line.
        let before = &text[..bit / 8];
        let line = before.rsplit(|&byte| byte == b'\n').next().unwrap();
        let words = line.iter().filter(|&&byte| byte == b' ').count();
        assert!(words >= 4, "bit {bit}");
    }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for item in fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn freeze(dir: &Path) -> Option<Manifest> {
    let root = open_dir(dir).unwrap();
    let survey = survey(root.as_fd(), &[], &mut || ()).unwrap();
    survey.problems.is_empty().then(|| hash(root.as_fd(), &survey.found, &|_| ()).unwrap())
}

#[test]
fn in_a_frozen_tree() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    write(&at("tree/Snakefile"), b"rule all:\n");
    write(&at("tree/scripts/run.py"), b"print(1)\n");
    fs::create_dir(at("tree/empty")).unwrap();
    symlink("scripts/run.py", at("tree/link")).unwrap();
    let frozen = freeze(&at("tree")).unwrap();
    let detected = |found: Option<Manifest>| {
        found.is_none_or(|found| {
            found.digest() != frozen.digest() && !frozen.compare(&found).is_empty()
        })
    };
    let files = ["Snakefile", "scripts/run.py"];
    proptest!(|(file in 0..files.len(), at_byte in any::<usize>(), bit in 0..8)| {
        let path = at("tree").join(files[file]);
        let genuine = fs::read(&path).unwrap();
        let mut altered = genuine.clone();
        let at_byte = at_byte % altered.len();
        altered[at_byte] ^= 1u8 << bit;
        fs::write(&path, altered).unwrap();
        let found = freeze(&at("tree"));
        fs::write(&path, genuine).unwrap();
        prop_assert!(detected(found));
    });
    // A name, a link's target, the owner's bit to execute.
    for name in ["Snakefile", "empty", "link", "scripts/run.py"] {
        for (index, byte) in name.bytes().enumerate() {
            for bit in 0..8 {
                let mut other = name.as_bytes().to_vec();
                other[index] = byte ^ (1 << bit);
                let Ok(other) = String::from_utf8(other) else { continue };
                if other.contains(['/', '\0']) != name.contains('/') || other.contains('\0') {
                    continue;
                }
                let (from, to) = (at("tree").join(name), at("tree").join(&other));
                if to.parent().is_none_or(|parent| !parent.is_dir()) || to.exists() {
                    continue;
                }
                fs::rename(&from, &to).unwrap();
                let found = freeze(&at("tree"));
                fs::rename(&to, &from).unwrap();
                assert!(detected(found), "{other:?}");
            }
        }
    }
    let link = at("tree/link");
    for bit in 0..8 {
        let mut target = b"scripts/run.py".to_vec();
        target[9] ^= 1 << bit;
        let Ok(target) = String::from_utf8(target) else { continue };
        if target.contains('\0') {
            continue;
        }
        fs::remove_file(&link).unwrap();
        symlink(&target, &link).unwrap();
        assert!(detected(freeze(&at("tree"))), "{target:?}");
    }
    fs::remove_file(&link).unwrap();
    symlink("scripts/run.py", &link).unwrap();
    for mode in [0o744, 0o100, 0o4644, 0o2644] {
        let path = at("tree/Snakefile");
        let before = fs::metadata(&path).unwrap().permissions();
        fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        assert!(detected(freeze(&at("tree"))), "{mode:o}");
        fs::set_permissions(&path, before).unwrap();
    }
    assert_eq!(freeze(&at("tree")).unwrap(), frozen);
}
