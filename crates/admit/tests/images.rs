//! Bundles that are images: found, verified, copied, mounted, and refused.
#![allow(clippy::unwrap_used)]

mod world;

use std::fs::{self, File, FileTimes};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sluice_admit::{Pulse, answer};
use sluice_policy::digest::Digest;
use sluice_protocol::{Access, Filesystem, Mode, Step, Verdict};
use sluice_site::paths::Roots;
use sluice_testing::{EROFS, NOW, SQUASHFS, write};
use world::{World, outcome};

const SCHEMA: &str = "[parameters]\nschema = \"schema.json\"\n[[command]]";

/// Where the images of a world are.
fn image(world: &World, name: &str) -> PathBuf {
    world.at("srv/images").join(name)
}

/// The entry of an image of these bytes.
fn entry(world: &World, bytes: &[u8]) -> String {
    let directory = format!("sha256:{}", world.workflow_hex());
    let entry = world.entry().replace(&directory, &Digest::of(bytes).to_string());
    entry
        .replacen("format = 1", "format = 2", 1)
        .replace("max-bytes = 1000", "max-bytes = 1000\nextra-columns = true")
        .replace("[[command]]", SCHEMA)
}

/// A world whose workflow is an image of these bytes, approved as such.
fn world(ending: &str, bytes: &[u8]) -> Option<World> {
    let mut world = World::new()?;
    world.configure(&format!("images = \"{}\"", world.at("srv/images").display()));
    fs::remove_dir_all(world.workflow()).unwrap();
    write(&image(&world, &format!("demo/1.0.0.{ending}")), bytes);
    world.approve(&entry(&world, bytes));
    Some(world)
}

fn store(world: &World, bytes: &[u8]) -> PathBuf {
    world.at("var/lib/sluice/store").join(Digest::of(bytes).hex())
}

/// Whether no loop device reads a copy of this store's, now or soon.
fn none_mounted(world: &World) -> bool {
    let own = world.root().file_name().unwrap().to_str().unwrap().to_owned();
    let is_ours = |device: fs::DirEntry| {
        fs::read_to_string(device.path().join("loop/backing_file"))
            .is_ok_and(|said| said.contains(&own))
    };
    let mounted = || fs::read_dir("/sys/block").unwrap().any(|it| is_ours(it.unwrap()));
    let end = Instant::now() + Duration::from_secs(10);
    while mounted() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(5));
    }
    !mounted()
}

#[test]
fn an_image_is_admitted_and_named_and_its_schema_holds() {
    for (ending, bytes, filesystem) in
        [("sqfs", SQUASHFS, Filesystem::Squashfs), ("erofs", EROFS, Filesystem::Erofs)]
    {
        let Some(world) = world(ending, bytes) else { return };
        let admission = world.admitted();
        let bind = &admission.binds[0];
        assert_eq!((&bind.source, &bind.target), (&store(&world, bytes), &world.workflow()));
        assert_eq!(bind.access, Access::Execute);
        let named = bind.image.as_ref().unwrap();
        assert_eq!(named.filesystem, filesystem);
        let copy = File::open(&bind.source).unwrap();
        assert_eq!(named.identity, sluice_sys::images::identity(&copy).unwrap());
        assert!(admission.binds[1].image.is_none(), "the runtime is a directory");

        let sealed = fs::read_to_string(world.at("private/sealed/lab/7.0/run/params.yaml"));
        assert_eq!(sealed.unwrap(), "{\"a\": 1, \"b\": \"x\"}\n");
        let record = fs::read_to_string(world.at("run/sluice/jobs/7.0/record.json")).unwrap();
        assert!(record.contains(&format!("\"bundle-image\":\"{filesystem}\"")), "{record}");
        assert!(record.contains("\"bundle-hashed\":") && !record.contains("runtime-image"));
        assert!(none_mounted(&world));
    }
}

#[test]
fn a_runtime_may_be_an_image() {
    let Some(mut world) = world("sqfs", SQUASHFS) else { return };
    fs::remove_dir_all(world.at("srv/runtimes/smk/9")).unwrap();
    write(&image(&world, "smk/9.erofs"), EROFS);
    let entry = entry(&world, SQUASHFS);
    let (head, tail) = entry.split_once("[runtime]").unwrap();
    let (digest, _) = tail.split_once("[[data]]").unwrap();
    let runtime =
        format!("\nname = \"smk\"\nversion = \"9\"\ndigest = \"{}\"\n", Digest::of(EROFS));
    world.approve(&format!("{head}[runtime]{}", tail.replacen(digest, &runtime, 1)));
    let admission = world.admitted();
    let kinds = admission.binds.iter().filter_map(|bind| Some(bind.image.as_ref()?.filesystem));
    assert_eq!(kinds.collect::<Vec<_>>(), [Filesystem::Squashfs, Filesystem::Erofs]);
    let record = fs::read_to_string(world.at("run/sluice/jobs/7.0/record.json")).unwrap();
    assert!(record.contains("\"runtime-image\":\"erofs\""), "{record}");
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    type Bend = fn(&mut World);
    let cases: [(&str, &str, Bend); 12] = [
        ("bundle-changed", "the digest is sha256:", |w| write(&image(w, "demo/1.0.0.sqfs"), EROFS)),
        ("bundle-changed", "the digest is", |w| {
            write(&image(w, "demo/1.0.0.sqfs"), &SQUASHFS[..512]);
        }),
        ("installed-twice", "1.0.0.sqfs", |w| fs::create_dir_all(w.workflow()).unwrap()),
        ("installed-twice", "1.0.0.erofs", |w| write(&image(w, "demo/1.0.0.erofs"), EROFS)),
        ("bundle-missing", "workflows/demo", |w| w.configure("")),
        ("bundle-missing", "workflows/demo", |w| {
            fs::remove_file(image(w, "demo/1.0.0.sqfs")).unwrap();
        }),
        ("bundle-missing", "workflows/demo", |w| {
            w.approve(
                &entry(w, SQUASHFS)
                    .replace("format = 2", "format = 1")
                    .replace("\nextra-columns = true", ""),
            );
        }),
        ("bundle-unreadable", "1.0.0.sqfs", |w| {
            let path = image(w, "demo/1.0.0.sqfs");
            fs::rename(&path, path.with_extension("other")).unwrap();
            symlink(path.with_extension("other"), path).unwrap();
        }),
        ("bundle-unreadable", "not a regular file", |w| {
            let path = image(w, "demo/1.0.0.sqfs");
            fs::remove_file(&path).unwrap();
            fs::create_dir(path).unwrap();
        }),
        ("image-invalid", "neither", |w| {
            write(&image(w, "demo/1.0.0.sqfs"), &[b'x'; 4096]);
            w.approve(&entry(w, &[b'x'; 4096]));
        }),
        // The bytes of a manifest, whose digest is that of a directory.
        ("image-invalid", "neither", |w| {
            let manifest =
                fs::read(w.host.allowlist().join("current/manifests").join(w.workflow_hex()));
            let manifest = manifest.unwrap();
            write(&image(w, "demo/1.0.0.sqfs"), &manifest);
            w.approve(&entry(w, &manifest));
        }),
        // The superblock is whole, and what it points to isn't.
        ("image-unmountable", "can't mount", |w| {
            let mut damaged = SQUASHFS.to_vec();
            let used = usize::from(u16::from_le_bytes([damaged[40], damaged[41]]));
            damaged[96..used].fill(0xff);
            write(&image(w, "demo/1.0.0.sqfs"), &damaged);
            w.approve(&entry(w, &damaged));
        }),
    ];
    for (code, word, bend) in cases {
        let Some(mut world) = world("sqfs", SQUASHFS) else { return };
        bend(&mut world);
        let (found, message) = world.outcome();
        assert_eq!(found, code, "{message}");
        assert!(message.contains(word), "{code}: {message}");
        assert!(world.made().is_empty(), "{code} left something");
        assert!(none_mounted(&world));
    }
}

#[test]
fn a_source_that_is_swapped_is_told_and_the_copy_stays() {
    let Some(mut world) = world("sqfs", SQUASHFS) else { return };
    let source = image(&world, "demo/1.0.0.sqfs");
    let copy = world.admitted().binds[0].source.clone();
    write(&source, EROFS);
    world.facts.job.restart += 1;
    assert_eq!(world.outcome().0, "bundle-changed");
    assert_eq!(fs::read(&copy).unwrap(), SQUASHFS);
    write(&source, SQUASHFS);
    world.admitted();
}

#[test]
fn an_altered_copy_is_made_anew_and_told() {
    let Some(mut world) = world("sqfs", SQUASHFS) else { return };
    let copy = world.admitted().binds[0].source.clone();
    let altered = |world: &World| {
        let modified = fs::metadata(&copy).unwrap().modified().unwrap();
        let mut bytes = SQUASHFS.to_vec();
        bytes[200] ^= 1;
        fs::write(&copy, bytes).unwrap();
        let times = FileTimes::new().set_modified(modified);
        File::options().append(true).open(&copy).unwrap().set_times(times).unwrap();
        world.audit().iter().filter(|line| line["event"] == "altered").count()
    };
    let before = altered(&world);
    world.facts.job.restart += 1;
    assert_eq!(world.outcome().0, "store-changed", "a job runs from it");
    fs::remove_dir_all(world.at("run/sluice/jobs")).unwrap();
    world.facts.job.restart += 1;
    world.admitted();
    assert_eq!(fs::read(&copy).unwrap(), SQUASHFS);
    assert_eq!(altered(&world), before + 2);

    let scrub = || {
        let scrubbed = sluice_admit::scrub(&world.roots, &mut Pulse::new(std::io::sink())).unwrap();
        let mut intact: Vec<bool> = scrubbed.iter().map(|copy| copy.intact).collect();
        intact.sort_unstable();
        intact
    };
    assert_eq!(scrub(), [false, true]);
    fs::remove_dir_all(world.at("run/sluice/jobs")).unwrap();
    assert_eq!(world.outcome().0, "sealed-directory-exists", "it was made anew before that");
    assert_eq!(scrub(), [true, true]);
    // Touched, not changed: hashed again.
    world::mode(&copy, 0o400);
    world.job(8);
    world.admitted();
}

#[test]
fn copies_have_a_size() {
    let Some(mut world) = world("sqfs", SQUASHFS) else { return };
    let configure = |world: &World, room: usize| {
        let images = world.at("srv/images");
        world.configure(&format!("images = \"{}\"\n[store]\nmax-bytes = {room}", images.display()));
    };
    configure(&world, SQUASHFS.len() + 1000);
    world.admitted();
    let source = image(&world, "demo/1.0.0.sqfs");
    fs::remove_file(source).unwrap();
    write(&image(&world, "demo/1.0.0.erofs"), EROFS);
    world.approve(&entry(&world, EROFS));
    world.job(8);
    assert_eq!(world.outcome().0, "store-full", "a job runs from the other one");
    fs::remove_dir_all(world.at("run/sluice/jobs")).unwrap();
    world.admitted();
    assert!(!store(&world, SQUASHFS).exists() && store(&world, EROFS).exists());
    let left = fs::read_dir(world.at("var/lib/sluice/store")).unwrap();
    let names = left.map(|it| it.unwrap().file_name().into_string().unwrap());
    assert!(!names.into_iter().any(|name| name.contains("partial")));
}

#[test]
fn a_cut_off_copy_is_never_taken_for_complete() {
    let Some(world) = world("sqfs", SQUASHFS) else { return };
    let hex = Digest::of(SQUASHFS).hex();
    let partial = world.at("var/lib/sluice/store").join(format!("{hex}.partial-4096"));
    write(&partial, b"hsqs");
    let copy = world.admitted().binds[0].source.clone();
    assert!(!partial.exists());
    assert_eq!(fs::read(copy).unwrap(), SQUASHFS);
}

#[test]
fn while_observed_an_image_is_looked_into_and_nothing_else_is_made() {
    let Some(mut world) = world("sqfs", SQUASHFS) else { return };
    world.facts.mode = Mode::Observe;
    assert_eq!(world.outcome().0, "admit");
    assert!(world.made().is_empty());
    write(&world.run().join("params.yaml"), b"a: 10\n");
    assert_eq!(world.outcome().0, "parameters-refused");
}

#[test]
fn on_trial_no_image_is_shown() {
    let Some(mut world) = world("sqfs", SQUASHFS) else { return };
    world.facts.mode = Mode::Confine;
    write(&image(&world, "demo/1.0.0.sqfs"), EROFS);
    let admission = world.admitted();
    assert_eq!(admission.unapproved.unwrap().code, "bundle-changed");
    let images = image(&world, "");
    for bind in &admission.binds {
        assert!(bind.image.is_none() && !bind.source.starts_with(&images), "{bind:?}");
    }
}

#[test]
fn each_node_of_a_job_mounts_its_own_copy() {
    let Some(mut world) = world("sqfs", SQUASHFS) else { return };
    let key = |etc: &Path| {
        write(&etc.join("keys/steps"), &[7; 32]);
        world::mode(&etc.join("keys/steps"), 0o400);
    };
    key(&world.host.etc());
    let entry = entry(&world, SQUASHFS).replace("network = \"none\"", "network = \"slurm\"");
    world.approve(&entry.replace("steps = \"none\"", "steps = \"inside\""));
    world.facts.job.nodes = vec!["n1".into(), "n2".into()];
    let first = world.admitted().binds[0].image.clone().unwrap();

    let other = world.at("n2");
    fs::create_dir_all(other.join("etc")).unwrap();
    let mut copy = std::process::Command::new("cp");
    copy.arg("-a").arg(world.host.etc()).arg(other.join("etc"));
    assert!(copy.status().unwrap().success());
    let roots = Roots::below(&other);
    fs::create_dir_all(&roots.run).unwrap();
    fs::copy(world.roots.run.join("node.json"), roots.run.join("node.json")).unwrap();
    let ticket = fs::read_to_string(world.at("run/sluice/jobs/7.0/ticket")).unwrap();
    let mut facts = world.facts.clone();
    (facts.step, facts.ticket, facts.job.script) = (Step::Run(0), Some(ticket), None);
    let message = serde_json::to_vec(&facts).unwrap();
    for turn in ["brought", "from its own record"] {
        let verdict = answer(message.as_slice(), &roots, || NOW, &mut Pulse::new(std::io::sink()));
        let Verdict::Admit(admission) = verdict else { panic!("{:?}", outcome(verdict)) };
        let own = admission.binds[0].image.clone().unwrap();
        let copy = File::open(roots.state.join("store").join(Digest::of(SQUASHFS).hex())).unwrap();
        assert_eq!(own.identity, sluice_sys::images::identity(&copy).unwrap(), "{turn}");
        assert_ne!(own, first);
    }
}
