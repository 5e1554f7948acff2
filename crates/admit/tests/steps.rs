//! Steps inside an admitted job, on the node that admitted it and on another one.
#![allow(clippy::unwrap_used)]

mod world;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use sluice_admit::{Pulse, answer};
use sluice_protocol::{Access, Facts, Network, Step, TICKET};
use sluice_site::paths::Roots;
use sluice_testing::{NOW, write};
use world::{World, outcome};

/// A site with a step key, and an entry that allows steps; the job has two nodes.
fn world() -> Option<World> {
    let mut world = World::new()?;
    key(&world.host.etc());
    world.configure(&format!("[sandbox]\nslurm-places = [\"{}\"]", world.at("srv").display()));
    let entry = world.entry().replace("network = \"none\"", "network = \"slurm\"");
    world.approve(&entry.replace("steps = \"none\"", "steps = \"inside\""));
    world.facts.job.nodes = vec!["n1".into(), "n2".into()];
    Some(world)
}

fn key(etc: &Path) {
    let key = etc.join("keys/steps");
    write(&key, &[7; 32]);
    fs::set_permissions(key, fs::Permissions::from_mode(0o400)).unwrap();
}

fn ticket(world: &World, incarnation: &str) -> String {
    fs::read_to_string(world.at("run/sluice/jobs").join(incarnation).join("ticket")).unwrap()
}

/// A step of the world's job, with this ticket.
fn step(world: &World, ticket: Option<&str>) -> Facts {
    let mut facts = world.facts.clone();
    (facts.step, facts.ticket) = (Step::Run(0), ticket.map(str::to_owned));
    facts.job.script = None;
    facts
}

fn judge(facts: &Facts, roots: &Roots) -> (String, String) {
    let message = serde_json::to_vec(facts).unwrap();
    outcome(answer(message.as_slice(), roots, || NOW, &mut Pulse::new(std::io::sink())))
}

#[test]
fn the_job_gets_a_ticket_and_its_steps_are_admitted_by_it() {
    let Some(world) = world() else { return };
    let job = world.admitted();
    assert_eq!(job.network, Network::Slurm(vec![(6817, 6818)]));
    let bind = job.binds.iter().find(|bind| bind.target == Path::new(TICKET)).unwrap();
    assert_eq!((&bind.source, bind.access), (&job.record.join("ticket"), Access::Read));
    let mode = |name: &str| fs::metadata(job.record.join(name)).unwrap().permissions().mode();
    assert_eq!((mode("ticket") & 0o777, mode("steps.json") & 0o777), (0o444, 0o600));

    let ticket = ticket(&world, "7.0");
    let facts = step(&world, Some(&ticket));
    let message = serde_json::to_vec(&facts).unwrap();
    let sluice_protocol::Verdict::Admit(admission) = world.answer_to(&message) else { panic!() };
    assert_eq!((admission.script, admission.binds), (None, job.binds));
    let log = world.audit();
    assert_eq!(log.last().unwrap()["event"], "step");
    assert!(!log.iter().any(|line| line.to_string().contains(&ticket)));
}

#[test]
fn no_other_ticket_admits() {
    let Some(mut world) = world() else { return };
    world.admitted();
    let first = ticket(&world, "7.0");
    let expect = |world: &World, ticket: Option<&str>, code: &str| {
        assert_eq!(judge(&step(world, ticket), &world.roots).0, code);
    };
    expect(&world, None, "ticket-missing");
    expect(&world, Some(""), "ticket-forged");
    let (head, _) = first.rsplit_once('.').unwrap();
    expect(&world, Some(&format!("{head}.{}", "0".repeat(64))), "ticket-forged");
    // Somebody else in the same job's name.
    let mut facts = step(&world, Some(&first));
    facts.job.uid = world.service.0;
    assert_eq!(judge(&facts, &world.roots).0, "ticket-forged");
    // Another cluster's key.
    write(&world.host.etc().join("keys/steps"), &[8; 32]);
    expect(&world, Some(&first), "ticket-forged");
    write(&world.host.etc().join("keys/steps"), &[7; 32]);
    expect(&world, Some(&first), "admit");

    world.job(8);
    world.admitted();
    expect(&world, Some(&first), "ticket-foreign");
    world.job(7);
    world.facts.job.restart = 1;
    world.facts.job.start_time += 60;
    world.admitted();
    expect(&world, Some(&first), "ticket-expired");
    expect(&world, Some(&ticket(&world, "7.1")), "admit");
}

#[test]
fn steps_of_other_jobs_stay_out() {
    let Some(mut world) = world() else { return };
    world.approve(&world.entry());
    let job = world.admitted();
    assert!(job.binds.iter().all(|bind| bind.target != Path::new(TICKET)));
    let forged = "1.7.0.1782900000.".to_owned() + &"0".repeat(64);
    let facts = step(&world, Some(&forged));
    assert_eq!(judge(&facts, &world.roots).0, "step-refused");
}

#[test]
fn another_node_takes_the_record_over_from_the_first() {
    let Some(world) = world() else { return };
    world.admitted();
    let ticket = ticket(&world, "7.0");
    // Its own /etc, /run and /var; what is shared stays where it is.
    let other = world.at("n2");
    fs::create_dir_all(other.join("etc")).unwrap();
    let mut copy = std::process::Command::new("cp");
    copy.arg("-a").arg(world.host.etc()).arg(other.join("etc"));
    assert!(copy.status().unwrap().success());
    let roots = Roots::below(&other);
    fs::create_dir_all(&roots.run).unwrap();
    fs::copy(world.roots.run.join("node.json"), roots.run.join("node.json")).unwrap();
    let record = world.at("private/sealed/lab/7.0/steps.json");
    let good = fs::read(&record).unwrap();
    let facts = step(&world, Some(&ticket));

    assert_eq!(judge(&step(&world, None), &roots).0, "ticket-missing");
    assert!(!roots.run.join("jobs/7.0").exists(), "nothing is made for a stranger");
    for at in [0, 40, good.len() - 2] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&record, bad).unwrap();
        assert_eq!(judge(&facts, &roots).0, "internal-error", "byte {at}");
    }
    fs::write(&record, good).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(judge(&facts, &roots), ("admit".into(), String::new())));
        }
    });
    assert!(roots.run.join("jobs/7.0/record.json").exists());
    assert!(roots.state.join("store").join(world.workflow_hex()).exists());
    // From now on its own record is enough.
    fs::remove_file(&record).unwrap();
    assert_eq!(judge(&facts, &roots).0, "admit");
}

#[test]
fn without_a_key_no_such_job_starts_and_nothing_is_left() {
    let Some(world) = world() else { return };
    for break_it in [
        |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o444)).unwrap(),
        |path: &Path| fs::write(path, b"short").unwrap(),
        |path: &Path| fs::remove_file(path).unwrap(),
    ] {
        key(&world.host.etc());
        break_it(&world.host.etc().join("keys/steps"));
        let (code, message) = world.outcome();
        assert_eq!(code, "configuration-invalid");
        assert!(message.contains("step key"), "{message}");
        assert_eq!(world.made(), Vec::<std::path::PathBuf>::new());
    }
}
