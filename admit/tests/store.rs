//! The verified store over the life of a bundle.
#![allow(clippy::unwrap_used)]

mod world;

use std::fs::{self, File, FileTimes};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use world::World;
use world::published::write;

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

#[test]
fn without_its_notes_a_copy_still_serves() {
    let Some(mut world) = World::new() else { return };
    world.admitted();
    for broken in ["", "elsewhere\n1 2 3 4\n", "garbage"] {
        write(&stat_file(&world), broken.as_bytes());
        // The other bundle's notes are found by their content: this one has none now.
        world.facts.job.restart += 1;
        world.admitted();
    }
}

#[test]
fn concurrent_jobs_fill_the_store_once() {
    let Some(world) = World::new() else { return };
    let world = &world;
    std::thread::scope(|scope| {
        for job in 100..108 {
            scope.spawn(move || {
                let mut facts = world.facts.clone();
                facts.job.id = job;
                let message = serde_json::to_vec(&facts).unwrap();
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
