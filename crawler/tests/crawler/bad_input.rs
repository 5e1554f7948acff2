//! What a hostile job may leave: held, with a reason that is fit to be shown, and nothing breaks.

use std::{
    ffi::OsStr,
    fs::{self, File},
    os::unix::{ffi::OsStrExt, fs::symlink},
    process::Command,
};

use sluice_crawler::{outcome::State, serve::pass::Pass};
use sluice_policy::attestation::OutputFile;

use crate::world::{World, pass, run::Run, seen::assert_held};

const TABLE: &[u8] = b"a,b\n1,2\n";

fn listed<'a>(run: Run<'a>, path: &str, bytes: u64) -> Run<'a> {
    let sha256 = "0".repeat(64);
    run.but(|run| run.files.push(OutputFile { path: path.into(), bytes, sha256, rule: 0 }))
}

#[test]
fn a_terabyte_of_holes_is_not_read() {
    let Some(world) = World::new() else { return };
    let run = world.run(7, "box").file("plots/x", b"x\n");
    File::create(run.sealed().join("results.csv")).unwrap().set_len(1 << 40).unwrap();
    listed(run, "results.csv", 1 << 40).attest();
    assert_eq!(pass(&world).held, 1);
    assert_held(&world, 7, "too-large");
    // Nor is one that took a small file's place.
    let run = world.run(8, "box").file("results.csv", TABLE);
    File::options()
        .write(true)
        .open(run.sealed().join("results.csv"))
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    run.attest();
    assert_eq!(pass(&world).held, 2);
    assert_held(&world, 8, "output-changed");
}

#[test]
fn devices_fifos_and_links_are_not_opened_as_files() {
    let Some(world) = World::new() else { return };
    let make: [fn(&std::path::Path); 4] = [
        |at| {
            assert!(Command::new("mknod").arg(at).args(["c", "1", "5"]).status().unwrap().success())
        },
        |at| assert!(Command::new("mkfifo").arg(at).status().unwrap().success()),
        |at| symlink("/etc/passwd", at).unwrap(),
        |at| fs::hard_link("/etc/hostname", at).or_else(|_| symlink("/etc/hostname", at)).unwrap(),
    ];
    for (job, make) in (1..).zip(make) {
        let run = world.run(job, "box").file("results.csv", TABLE);
        fs::remove_file(run.sealed().join("results.csv")).unwrap();
        make(&run.sealed().join("results.csv"));
        run.attest();
    }
    assert_eq!(pass(&world), Pass { held: 4, ..Pass::default() });
    (1..5).for_each(|job| assert_held(&world, job, "output-changed"));
}

#[test]
fn a_hundred_thousand_outputs_are_judged() {
    let Some(world) = World::new() else { return };
    let mut run = world.run(7, "box").file("results.csv", TABLE);
    for number in 0..100_000 {
        run = listed(run, &format!("elsewhere/{number}"), 1);
    }
    run.attest();
    // As many as one run's attestation may list are published; the log of it stays one line.
    let mut run = world.run(8, "box").file("results.csv", TABLE);
    for number in 0..3000 {
        run = run.file(&format!("plots/{number}"), b"x\n");
    }
    let id = run.attest();
    assert_eq!(pass(&world), Pass { held: 1, published: 1, ..Pass::default() });
    assert_eq!(world.stands(7).reason.code(), "output-unlisted");
    assert!(world.is_complete(&id));
    assert_eq!(world.audit().len(), 2);
}

#[test]
fn strange_names_are_held_and_shown_harmlessly() {
    let Some(world) = World::new() else { return };
    let long = format!("plots/{}", "x".repeat(255));
    let names = [
        "plots/line\nbreak",
        "plots/\u{202e}gpj.exe",
        "plots/../../../etc/passwd",
        "plots/./x",
        "plots//x",
        "/plots/x",
        "plots/\u{1b}[2Jx",
        "plots/nul\0",
        "..",
        "",
    ];
    for (job, name) in (1..).zip(names) {
        listed(world.run(job, "box").file("results.csv", TABLE), name, 1).attest();
    }
    assert_eq!(pass(&world), Pass { held: names.len(), ..Pass::default() });
    for job in (1..).take(names.len()) {
        let message = world.stands(job).reason.message;
        assert!(message.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{message:?}");
        assert_eq!(world.stands(job).state, State::Held);
    }
    assert!(world.published().is_empty());
    // Merely unusual ones are names like others.
    let job = 90;
    let run = world.run(job, "box").file("results.csv", TABLE);
    let id =
        run.file("plots/-rf", b"x\n").file(&long, b"x\n").file("plots/a b+%20&é", b"x\n").attest();
    assert_eq!(pass(&world).published, 1);
    assert!(world.is_complete(&id));
}

#[test]
fn drop_boxes_may_have_any_name() {
    let Some(world) = World::new() else { return };
    let run = world.run(7, "box").file("results.csv", TABLE);
    let odd = world.at("runs").join(OsStr::from_bytes(b"\xff\xfe"));
    fs::create_dir(odd).unwrap();
    run.attest();
    assert_eq!(pass(&world).published, 1);
    let crawler = world.crawler_set("require-attestation = false\n");
    crate::world::block_on(crawler.pass()).unwrap();
}

#[test]
fn what_is_no_attestation_is_no_run() {
    let Some(world) = World::new() else { return };
    let spool = world.at("attestations/spool");
    symlink("/etc/passwd", spool.join("passwd")).unwrap();
    fs::create_dir(spool.join("lab-9.0.json")).unwrap();
    assert!(Command::new("mkfifo").arg(spool.join("lab-8.0.json")).status().unwrap().success());
    fs::write(spool.join(".lab-7.0.json.1234.0"), "half").unwrap();
    assert_eq!(pass(&world), Pass { held: 2, ..Pass::default() });
}
