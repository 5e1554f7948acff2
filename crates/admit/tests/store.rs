//! The verified store over the life of a bundle.
#![allow(clippy::unwrap_used)]

mod world;

use std::fs::{self, File, FileTimes};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use sluice_admit::Pulse;
use sluice_testing::{NOW, write};
use world::World;

fn stat_file(world: &World) -> PathBuf {
    let store = world.at("var/lib/sluice/store");
    let stat = fs::read_dir(store).unwrap().map(|entry| entry.unwrap().path()).find(|path| {
        path.extension().is_some_and(|it| it == "stat")
            && fs::read_to_string(path).unwrap().contains("workflows")
    });
    stat.unwrap()
}

#[test]
fn the_copy_stays_and_changes_of_the_source_are_told() {
    let Some(mut world) = World::new() else { return };
    let copy = world.admitted().binds[0].source.clone();
    write(&world.workflow().join("Snakefile"), b"rule evil\n");
    world.facts.job.restart = 1;
    let (code, message) = world.outcome();
    assert_eq!(code, "bundle-changed");
    assert!(message.contains("Snakefile is changed"), "{message}");
    assert_eq!(fs::read(copy.join("Snakefile")).unwrap(), b"rule all:\n");
    write(&world.workflow().join("Snakefile"), b"rule all:\n");
    world.admitted();
}

/// Changes a byte of the copy's Snakefile as root can, with its size and time of modification as before.
fn alter_copy(world: &World) {
    let file = world.store("rule all:\n").join("Snakefile");
    let modified = fs::metadata(&file).unwrap().modified().unwrap();
    fs::write(&file, b"rule a11:\n").unwrap();
    let times = FileTimes::new().set_modified(modified);
    File::options().append(true).open(&file).unwrap().set_times(times).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), modified);
}

fn altered(world: &World) -> usize {
    world.audit().iter().filter(|line| line["event"] == "altered").count()
}

#[test]
fn an_altered_copy_is_made_anew_and_told() {
    let Some(mut world) = World::new() else { return };
    world.admitted();
    let record = fs::read_to_string(world.at("run/sluice/jobs/7.0/record.json")).unwrap();
    assert!(record.contains("\"bundle-hashed\":") && record.contains("\"runtime-hashed\":"));
    // Touched, not changed: hashed again, and noted.
    let copy = world.store("rule all:\n");
    world::mode(&copy.join("schema.json"), 0o400);
    let note = copy.with_extension("hashed");
    let before = fs::read(&note).unwrap();
    world.facts.job.restart += 1;
    world.admitted();
    assert_ne!(fs::read(&note).unwrap(), before);
    assert_eq!(altered(&world), 0);

    alter_copy(&world);
    // Jobs that run have it open: nothing is taken away from below them.
    world.facts.job.restart += 1;
    let (code, message) = world.outcome();
    assert_eq!(code, "store-changed", "{message}");
    assert!(copy.exists());
    fs::remove_dir_all(world.at("run/sluice/jobs")).unwrap();
    world.facts.job.restart += 1;
    world.admitted();
    assert_eq!(fs::read(copy.join("Snakefile")).unwrap(), b"rule all:\n");
    assert_eq!(altered(&world), 2);

    // One file more, and one less.
    fs::remove_dir_all(world.at("run/sluice/jobs")).unwrap();
    write(&copy.join("scripts/more.py"), b"x");
    fs::remove_file(copy.join("schema.json")).unwrap();
    world.facts.job.restart += 1;
    world.admitted();
    assert!(copy.join("schema.json").exists() && !copy.join("scripts/more.py").exists());
}

#[test]
fn an_altered_copy_doesn_t_run_when_the_source_is_gone() {
    let Some(mut world) = World::new() else { return };
    world.admitted();
    fs::remove_dir_all(world.at("run/sluice/jobs")).unwrap();
    alter_copy(&world);
    write(&world.workflow().join("Snakefile"), b"rule evil\n");
    world.facts.job.restart += 1;
    assert_eq!(world.outcome().0, "bundle-changed");
}

#[test]
fn a_scrub_hashes_again_and_takes_what_is_altered_out_of_use() {
    let Some(mut world) = World::new() else { return };
    world.admitted();
    let scrub = |world: &World| {
        let scrubbed = sluice_admit::scrub(&world.roots, &mut Pulse::new(std::io::sink())).unwrap();
        scrubbed.iter().map(|copy| copy.intact).collect::<Vec<_>>()
    };
    assert_eq!(scrub(&world), [true, true]);
    alter_copy(&world);
    let copy = world.store("rule all:\n");
    let note = copy.with_extension("hashed");
    let mut found = scrub(&world);
    found.sort_unstable();
    assert_eq!(found, [false, true]);
    assert_eq!(altered(&world), 1);
    assert!(copy.exists() && !note.exists(), "a job runs from it");
    world.facts.job.restart += 1;
    assert_eq!(world.outcome().0, "store-changed");
    fs::remove_dir_all(world.at("run/sluice/jobs")).unwrap();
    world.facts.job.restart += 1;
    world.admitted();
    assert_eq!(scrub(&world), [true, true]);
}

#[test]
fn only_files_that_look_different_are_read_again() {
    let Some(mut world) = World::new() else { return };
    world.admitted();
    let before = fs::read(stat_file(&world)).unwrap();
    world.facts.job.restart = 1;
    world.admitted();
    assert_eq!(fs::read(stat_file(&world)).unwrap(), before);
    // Touched, not changed: read once more, and remembered.
    let times = FileTimes::new().set_modified(SystemTime::now() + Duration::from_secs(9));
    let file = File::options().append(true).open(world.workflow().join("Snakefile")).unwrap();
    file.set_times(times).unwrap();
    world.facts.job.restart = 2;
    world.admitted();
    assert_ne!(fs::read(stat_file(&world)).unwrap(), before);
}

#[test]
fn a_cut_off_copy_is_never_taken_for_complete() {
    let Some(world) = World::new() else { return };
    let copy = {
        let Some(other) = World::new() else { return };
        let copy = other.admitted().binds[0].source.clone();
        copy.file_name().unwrap().to_str().unwrap().to_owned()
    };
    let partial = world.at("var/lib/sluice/store").join(format!("{copy}.partial-1"));
    fs::create_dir_all(partial.parent().unwrap()).unwrap();
    write(&partial.join("Snakefile"), b"evil");
    let source = world.admitted().binds[0].source.clone();
    assert_eq!(fs::read(source.join("Snakefile")).unwrap(), b"rule all:\n");
    assert!(!partial.exists());
}

/// Approves and installs demo@1.0.0 with this content, and lets a job of this number run it.
fn run_version(world: &mut World, job: u32, snakefile: &str) -> (String, String) {
    world.job(job);
    world.install(snakefile);
    world.outcome()
}

fn copies(world: &World) -> usize {
    let store = world.at("var/lib/sluice/store");
    fs::read_dir(store).unwrap().filter(|it| it.as_ref().unwrap().path().is_dir()).count()
}

#[test]
fn what_no_job_uses_goes_first_used_first() {
    let Some(mut world) = World::new() else { return };
    let large = |letter: &str| letter.repeat(1000);
    // Room for two workflows and the runtime.
    world.configure("[store]\nmax-bytes = 3000");
    let mut places = Vec::new();
    for (job, letter) in [(1, "a"), (2, "b")] {
        assert_eq!(run_version(&mut world, job, &large(letter)).0, "admit");
        places.push(world.store(&large(letter)));
    }
    assert!(places.iter().all(|place| place.exists()));
    // Both jobs run: there is no room, and nothing is removed.
    let (code, message) = run_version(&mut world, 3, &large("c"));
    assert_eq!(code, "store-full", "{message}");
    assert!(places.iter().all(|place| place.exists()));
    // The second has ended; the first, used longer ago, still runs.
    fs::remove_dir_all(world.at("run/sluice/jobs/2.0")).unwrap();
    assert_eq!(run_version(&mut world, 4, &large("c")).0, "admit");
    assert!(places[0].exists() && !places[1].exists());
    assert!(world.store(&large("c")).exists());
    // None runs: the one used longest ago goes.
    fs::remove_dir_all(world.at("run/sluice/jobs")).unwrap();
    assert_eq!(run_version(&mut world, 5, &large("d")).0, "admit");
    assert!(!places[0].exists() && world.store(&large("c")).exists());
    assert_eq!(copies(&world), 3, "no partial copy is left");
}

#[test]
fn what_crashes_left_makes_room_and_what_is_being_copied_does_not() {
    let Some(mut world) = World::new() else { return };
    world.configure("[store]\nmax-bytes = 2000");
    let hex = "ab".repeat(32);
    let partial = world.at("var/lib/sluice/store").join(format!("{hex}.partial-1900"));
    write(&partial.join("f"), b"x");
    let lock = File::create(world.at("var/lib/sluice/store").join(format!("{hex}.lock"))).unwrap();
    lock.lock().unwrap();
    assert_eq!(run_version(&mut world, 1, &"a".repeat(1000)).0, "store-full");
    assert!(partial.exists());
    lock.unlock().unwrap();
    assert_eq!(run_version(&mut world, 1, &"a".repeat(1000)).0, "admit");
    assert!(!partial.exists());
}

#[test]
fn a_copy_is_not_waited_for_too_long() {
    let Some(world) = World::new() else { return };
    world.configure("[store]\ncold-seconds = 1");
    let hex = world.workflow_hex();
    let store = world.at("var/lib/sluice/store");
    fs::create_dir_all(&store).unwrap();
    let lock = File::create(store.join(format!("{hex}.lock"))).unwrap();
    lock.lock().unwrap();
    let (code, message) = world.outcome();
    assert_eq!(code, "store-cold");
    assert!(message.contains("sluice warm"), "{message}");
    drop(lock);
    let mut pulse = Pulse::new(std::io::sink());
    let warmed = sluice_admit::warm("demo@1.0.0", &world.roots, NOW, &mut pulse).unwrap();
    assert_eq!(warmed.len(), 2);
    assert!(warmed[0].place.join("Snakefile").exists());
    world.admitted();
}

#[test]
fn in_place_only_what_root_alone_can_change() {
    let Some(mut world) = World::new() else { return };
    let workflow = world.workflow();
    world.configure(&format!("[store]\nin-place = [\"{}\"]", workflow.display()));
    world::mode(&workflow.join("Snakefile"), 0o644);
    let job = |world: &mut World| {
        world.facts.job.restart += 1;
        world.outcome()
    };
    assert_eq!(world.admitted().binds[0].source, workflow);
    assert_eq!(copies(&world), 1, "the runtime's");
    for (path, mode) in [("Snakefile", 0o664), ("scripts", 0o777), ("", 0o775)] {
        let path = workflow.join(path);
        let before = fs::metadata(&path).unwrap().permissions();
        world::mode(&path, mode);
        let (code, message) = job(&mut world);
        assert_eq!(code, "in-place-untrusted", "{message}");
        fs::set_permissions(&path, before).unwrap();
    }
    std::os::unix::fs::lchown(workflow.join("tool"), Some(world.user), None).unwrap();
    std::os::unix::fs::chown(workflow.join("schema.json"), Some(world.user), None).unwrap();
    assert_eq!(job(&mut world).0, "in-place-untrusted");
    std::os::unix::fs::chown(workflow.join("schema.json"), Some(0), None).unwrap();
    assert_eq!(job(&mut world).0, "admit");
    write(&workflow.join("Snakefile"), b"rule evil\n");
    assert_eq!(job(&mut world).0, "bundle-changed");
}

#[test]
fn without_its_notes_a_copy_still_serves() {
    let Some(mut world) = World::new() else { return };
    world.admitted();
    let stat = stat_file(&world);
    for broken in ["", "elsewhere\n1 2 3 4\n", "garbage"] {
        write(&stat, broken.as_bytes());
        write(&stat.with_extension("seen"), broken.as_bytes());
        world.facts.job.restart += 1;
        world.admitted();
        // Written anew.
        assert_eq!(stat_file(&world), stat);
    }
}

#[test]
fn concurrent_jobs_fill_the_store_once() {
    let Some(world) = World::new() else { return };
    let world = &world;
    std::thread::scope(|scope| {
        for job in 100..108 {
            scope.spawn(move || {
                let message = serde_json::to_vec(&world.facts_of(job)).unwrap();
                let (code, why) = world::outcome(world.answer_to(&message));
                assert_eq!(code, "admit", "{why}");
            });
        }
    });
    let store = world.at("var/lib/sluice/store");
    let copies = fs::read_dir(store).unwrap().filter(|it| it.as_ref().unwrap().path().is_dir());
    assert_eq!(copies.count(), 2);
    assert_eq!(world.audit().len(), 8);
}
