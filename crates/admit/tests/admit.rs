//! What an admission makes, and that its failure leaves nothing.
#![allow(clippy::unwrap_used)]

mod world;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use sluice_protocol::{Access, Bind, Mode, OpenAs, Stdio, Step};
use sluice_site::record::Record;
use sluice_site::users;
use sluice_testing::write;
use world::{World, mode};

fn owner_and_mode(path: &Path) -> (u32, u32) {
    let meta = fs::symlink_metadata(path).unwrap();
    (meta.uid(), meta.permissions().mode() & 0o7777)
}

#[test]
fn an_approved_job_is_admitted() {
    let Some(world) = World::new() else { return };
    let admission = world.admitted();

    let sources: Vec<_> = admission.binds.iter().map(|bind| (bind.open_as, bind.access)).collect();
    let service = OpenAs::Service(world.service.0, world.service.1);
    assert_eq!(
        sources,
        [
            (OpenAs::Root, Access::Execute),
            (OpenAs::Root, Access::Execute),
            (service, Access::Read),
            (service, Access::Write),
        ]
    );
    assert_eq!(admission.binds[0].target, world.workflow());
    assert_eq!(admission.binds[2].target, Path::new("/data/cohort"));
    assert_eq!(admission.binds[3].target, world.run());
    let path = &admission.env_set[0].1;
    assert_eq!(*path, format!("{}/bin:/usr/bin:/bin", world.at("srv/runtimes/smk/9").display()));
    let stdout = world.run().join(".sluice/stdout");
    assert!(matches!(&admission.stdio, Stdio::Sealed { stdout: at, .. } if *at == stdout));
    let script = admission.script.unwrap();
    assert_eq!(script.at, world.at("spool/job00007/slurm_script"));

    // The verified copies.
    let copy = &admission.binds[0].source;
    assert_eq!(fs::read_to_string(copy.join("Snakefile")).unwrap(), "rule all:\n");
    assert_eq!(owner_and_mode(&copy.join("Snakefile")), (0, 0o444));
    assert_eq!(owner_and_mode(&copy.join("scripts/tool.sh")), (0, 0o555));
    assert_eq!(owner_and_mode(&copy.join("scripts")), (0, 0o555));
    assert_eq!(owner_and_mode(copy), (0, 0o555));
    assert_eq!(owner_and_mode(copy.parent().unwrap()), (0, 0o700));
    assert_eq!(fs::read_link(copy.join("tool")).unwrap(), Path::new("scripts/tool.sh"));

    // The sealed run directory.
    let sealed = &admission.binds[3].source;
    assert_eq!(owner_and_mode(sealed.parent().unwrap()), (world.service.0, 0o700));
    assert_eq!(owner_and_mode(sealed), (world.user, 0o700));
    assert_eq!(owner_and_mode(&sealed.join("params.yaml")), (world.user, 0o600));
    assert_eq!(owner_and_mode(&sealed.join(".sluice")), (world.user, 0o700));
    assert!(!sealed.join("evil.config").exists());

    // The records.
    assert_eq!(owner_and_mode(&admission.record), (0, 0o700));
    assert_eq!(owner_and_mode(&script.copy), (0, 0o555));
    assert_eq!(fs::read_to_string(&script.copy).unwrap(), world.command());
    let record = fs::read(admission.record.join("record.json")).unwrap();
    assert_eq!(fs::read(world.at("var/lib/sluice/pending/7.0.json")).unwrap(), record);
    let record = Record::parse(&record).unwrap();
    assert_eq!(
        (record.run.run_id.as_str(), record.basis.entry.as_str()),
        ("run-1-lab-7.0", "demo@1.0.0")
    );
    assert_eq!(record.run.sealed, *sealed);
    assert_eq!(record.outputs.len(), 1);
    assert_eq!(record.run.status_token.len(), 32);
    assert_eq!(
        owner_and_mode(&world.at("private/attestations/running/7.0")),
        (world.service.0, 0o700)
    );

    // What is told.
    let audit = world.audit();
    assert_eq!(audit.len(), 1);
    assert_eq!(audit[0]["event"], "admit");
    assert_eq!(audit[0]["host"], "n1");
    assert_eq!(audit[0]["detail"]["not-taken"], serde_json::json!(["evil.config"]));
    let told = world.run().join(".sluice/verdict-7.json");
    assert_eq!(owner_and_mode(&told), (world.user, 0o644));
    let told: serde_json::Value = serde_json::from_slice(&fs::read(told).unwrap()).unwrap();
    assert_eq!(told["verdict"], "admit");
    let status = world.at("srv/status").join(format!("{}.json", record.run.status_token));
    assert_eq!(told["status"], status.to_str().unwrap());
}

#[test]
fn a_requeue_starts_clean_and_the_same_job_not_twice() {
    let Some(mut world) = World::new() else { return };
    world.admitted();
    let (code, _) = world.outcome();
    assert_eq!(code, "sealed-directory-exists");
    assert_eq!(world.made().len(), 4, "the running job's own is still there");
    world.facts.job.restart = 1;
    world.admitted();
}

#[test]
fn what_fails_late_leaves_nothing() {
    for (blocked, code) in [
        ("run/sluice/jobs", "store-unwritable"),
        ("var/lib/sluice/pending", "store-unwritable"),
        ("private/attestations/running", "store-unwritable"),
        ("var/log/sluice", "audit-unwritable"),
    ] {
        let Some(world) = World::new() else { return };
        // A file where a directory should be.
        write(&world.at(blocked), b"");
        assert_eq!(world.outcome().0, code, "{blocked}");
        assert_eq!(world.made(), Vec::<std::path::PathBuf>::new(), "{blocked}");
    }
}

#[test]
fn a_leftover_record_is_not_reused() {
    let Some(world) = World::new() else { return };
    fs::create_dir_all(world.at("run/sluice/jobs/7.0")).unwrap();
    assert_eq!(world.outcome().0, "sealed-directory-exists");
    assert_eq!(world.made(), [world.at("run/sluice/jobs/7.0")]);
}

#[test]
fn another_jobs_attestation_is_not_taken_for_this_ones() {
    let Some(world) = World::new() else { return };
    let spooled = world.at("private/attestations/spool/lab-7.0.json");
    fs::create_dir_all(spooled.parent().unwrap()).unwrap();
    write(&spooled, b"of a job 7 before Slurm began to count anew");
    assert_eq!(world.outcome().0, "sealed-directory-exists");
    assert_eq!(world.made(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn observing_makes_nothing() {
    let Some(mut world) = World::new() else { return };
    world.facts.mode = Mode::Observe;
    assert_eq!(world.admitted().binds.len(), 4);
    assert!(world.made().is_empty());
    assert_eq!(fs::read_dir(world.at("var/lib/sluice/store")).unwrap().count(), 0);
    assert!(!world.run().join(".sluice").exists());
    assert_eq!(world.audit()[0]["event"], "observe");
    world.script("#!/bin/bash\nevil\n");
    assert_eq!(world.outcome().0, "not-listed");
    assert_eq!(world.audit()[1]["detail"]["code"], "not-listed");
    mode(&world.workflow().join("Snakefile"), 0o775);
    world.script(&world.command());
    assert_eq!(world.outcome().0, "bundle-changed");
}

#[test]
fn on_trial_a_job_is_sealed_and_its_results_are_held() {
    let Some(mut world) = World::new() else { return };
    world.facts.mode = Mode::Confine;
    write(&world.workflow().join("Snakefile"), b"changed");
    let admission = world.admitted();
    assert_eq!(admission.unapproved.unwrap().code, "bundle-changed");
    let data = |binds: &[Bind]| binds.iter().any(|bind| bind.access == Access::Read);
    assert!(data(&admission.binds), "the entry gives this user the data");
    let run = admission.binds.last().unwrap();
    assert_eq!((run.access, &run.target), (Access::Write, &world.run()));
    assert!(run.source.join("params.yaml").exists());
    let record = fs::read(admission.record.join("record.json")).unwrap();
    let record = Record::parse(&record).unwrap();
    assert_eq!((record.run.held.as_deref(), record.outputs.len()), (Some("bundle-changed"), 0));
    assert_eq!(world.audit().pop().unwrap()["event"], "confine");

    // Nothing gives data to a script that names no entry, or to who is out of its scope.
    world.facts.job.restart = 1;
    world.script("#!/bin/bash\n/usr/bin/env; id\n");
    assert!(!data(&world.admitted().binds));
    world.facts.job.restart = 2;
    world.script(&world.command());
    world.approve(&world.entry().replace("[scope]", "[scope]\nusers = [\"bob\"]"));
    assert!(!data(&world.admitted().binds));

    // A step alone: nothing is kept, so nothing is recorded but its sandbox's place.
    world.facts.job.id = 8;
    world.facts.step = Step::Run(0);
    world.facts.job.script = None;
    let admission = world.admitted();
    assert_eq!(admission.unapproved.unwrap().code, "step-refused");
    assert_eq!(admission.stdio, Stdio::Discard);
    assert!(admission.binds.iter().all(|bind| bind.access == Access::Execute));
    assert!(!world.at("var/lib/sluice/pending/8.2.json").exists());
    // Whom nobody may run as is refused here, too.
    world.facts.job.uid = 0;
    assert_eq!(world.outcome().0, "out-of-scope");
}

#[test]
fn what_is_out_of_scope_is_not_touched() {
    let Some(mut world) = World::new() else { return };
    world.configure("[scope]\npartitions = [\"sensitive\"]\nusers = [\"bin\"]");
    world.facts.step = Step::Run(0);
    assert_eq!(world.outcome().0, "untouched");
    assert!(world.made().is_empty() && world.audit().is_empty());
    world.facts.job.partition = "sensitive".into();
    assert_eq!(world.outcome().0, "step-refused");
    world.facts.job.partition = "main".into();
    world.facts.job.uid = users::ids_of("bin").unwrap().0;
    assert_eq!(world.outcome().0, "step-refused");
    // A user without a name can't be told to be out of scope.
    world.facts.job.uid = 4_000_000;
    assert_eq!(world.outcome().0, "step-refused");
    // Nor can anybody while the configuration is broken.
    world.configure("[scope]\nqueues = [\"x\"]");
    assert_eq!(world.outcome().0, "configuration-invalid");
}

#[test]
fn the_mode_is_recorded() {
    let Some(world) = World::new() else { return };
    sluice_admit::record_mode(&world.roots, "observe", "n1").unwrap();
    assert_eq!(fs::read_to_string(world.at("run/sluice/mode")).unwrap(), "observe\n");
    assert_eq!(world.audit()[0]["detail"]["mode"], "observe");
    assert!(sluice_admit::record_mode(&world.roots, "lax", "n1").is_err());
}
