//! The worker and the sweep on a node without Slurm.
#![allow(clippy::unwrap_used)]

mod node;

use std::{cell::Cell, fs, path::PathBuf};

use sluice_policy::attestation::JobState;
use sluice_sys::jobs::{Incarnation, JobDir, RecordName};

use crate::{done, done::Which, end, sweep::sweep};
use node::{HASTE, JOB, NONE, Node, says, silent};

#[test]
fn the_statement_says_what_the_record_and_the_end_say() {
    let Some(node) = Node::new() else { return };
    let record = node.admit(JOB, &["n1", "n2"]);
    node.record_dir(JOB).note_exit(768).unwrap();
    node.say_done("n2", "done");
    node.work(&says(JobState::Failed), &HASTE).unwrap();

    let predicate = node.attested(JOB);
    assert_eq!((&predicate.run, &predicate.basis), (&record.run, &record.basis));
    let end = &predicate.end;
    assert_eq!((end.exit_code, end.state, end.interfered), (3, JobState::Failed, false));
    assert!(end.ended > record.run.started);
    let files: Vec<_> = predicate.files.iter().map(|it| (it.path.as_str(), it.bytes)).collect();
    assert_eq!((files, predicate.irregular.len()), (vec![("table.csv", 4)], 0));
    let audit = node.audit("attest");
    assert_eq!((audit.len(), &audit[0]["host"]), (1, &"n1".into()));
    assert_eq!(audit[0]["seq"], predicate.audit_head.seq);
    assert_eq!(audit[0]["detail"]["state"], "FAILED");
    // Nothing is left but what was attested.
    assert_eq!(node.left(JOB), Vec::<PathBuf>::new());
    let table = record.run.sealed.join("table.csv");
    assert!(fs::metadata(table).unwrap().permissions().readonly());
}

#[test]
fn a_resumed_worker_neither_signs_twice_nor_leaves_anything() {
    let Some(node) = Node::new() else { return };
    let record = node.admit(JOB, &["n1"]);
    node.work(&says(JobState::Completed), &HASTE).unwrap();
    let first = fs::read(node.spooled(JOB)).unwrap();
    // Killed after the attestation was in the spool: all that it would have removed is there.
    fs::write(node.host.roots.pending().record(JOB), record.to_json().unwrap()).unwrap();
    fs::create_dir_all(node.record_dir(JOB).path()).unwrap();
    node.make_running(JOB);
    fs::write(node.running(JOB).join("n1"), "done\n").unwrap();
    node.work(&|_| panic!("Slurm was asked of an attested job"), &HASTE).unwrap();
    assert_eq!(fs::read(node.spooled(JOB)).unwrap(), first);
    assert_eq!(node.audit("attest").len(), 1);
    assert_eq!(node.left(JOB), Vec::<PathBuf>::new());
    // Nothing to do is nothing wrong.
    node.work(&silent, &HASTE).unwrap();
}

#[test]
fn a_node_that_never_says_it_is_done_is_lost() {
    let Some(node) = Node::new() else { return };
    node.admit(JOB, &["n1", "n2"]);
    node.record_dir(JOB).note_exit(0).unwrap();
    node.work(&says(JobState::Completed), &HASTE).unwrap();
    let end = node.attested(JOB).end;
    assert_eq!((end.state, end.exit_code), (JobState::NodeLost, 0));
}

#[test]
fn what_was_interfered_with_on_any_node_is() {
    for (own, other, interfered) in [
        (false, "done", false),
        (true, "done", true),
        (false, "interfered", true),
        (false, "something else", true),
    ] {
        let Some(node) = Node::new() else { return };
        node.admit(JOB, &["n1", "n2"]);
        node.record_dir(JOB).note_exit(0).unwrap();
        if own {
            node.record_dir(JOB).note_interfered().unwrap();
        }
        node.say_done("n2", other);
        node.work(&says(JobState::Completed), &HASTE).unwrap();
        assert_eq!(node.attested(JOB).end.interfered, interfered, "{own} {other}");
    }
}

#[test]
fn only_incarnations_of_the_job_are_said_to_be_done() {
    let Some(node) = Node::new() else { return };
    let jobs = [JOB, Incarnation { restart: 1, ..JOB }, Incarnation { job: 77, restart: 0 }];
    jobs.iter().for_each(|job| drop(node.admit(*job, &["n1", "n2"])));
    let said = || jobs.map(|job| fs::read_to_string(node.running(job).join("n2")).ok());
    done::done(&node.host, Which::Start(JOB), "n2", done::Ran::Less).unwrap();
    let less = Some("interfered\n".to_owned());
    assert_eq!(said(), [less.clone(), None, None], "a later start has not ended");
    // This node has records of all of them: what runs here says itself how it ended.
    done::done(&node.host, Which::Job(JOB.job), "n2", done::Ran::Whole).unwrap();
    assert_eq!(said(), [less.clone(), None, None]);
    fs::remove_dir_all(node.host.roots.jobs().dir(jobs[1].into()).path()).unwrap();
    done::done(&node.host, Which::Job(JOB.job), "n2", done::Ran::Whole).unwrap();
    assert_eq!(said(), [less, Some("done\n".to_owned()), None]);
}

#[test]
fn a_silent_slurm_is_told_of_once_and_awaited() {
    let Some(node) = Node::new() else { return };
    node.admit(JOB, &["n1"]);
    let asked = Cell::new(0);
    let answers_late = |_| {
        asked.set(asked.get() + 1);
        if asked.get() < 4 { silent(JOB) } else { Ok(Some(JobState::Completed)) }
    };
    node.work(&answers_late, &HASTE).unwrap();
    let said = node.audit("attest-failed");
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(said[0]["detail"]["job"], "7.0");
    assert!(said[0]["detail"]["why"].as_str().unwrap().contains("Unable to contact"), "{said:?}");
    assert!(!node.host.roots.pending().failure(JOB).exists(), "it was attested after all");
    assert_eq!(node.attested(JOB).end.state, JobState::Completed);
}

#[test]
fn a_worker_that_gives_up_says_why_and_keeps_the_record() {
    let Some(node) = Node::new() else { return };
    node.admit(JOB, &["n1"]);
    let pending = node.host.roots.pending();
    assert!(node.work(&silent, &NONE).is_err());
    assert!(fs::read_to_string(pending.failure(JOB)).unwrap().contains("Unable to contact"));
    assert_eq!(node.audit("attest-failed").len(), 1);
    assert!(pending.record(JOB).exists() && !node.spooled(JOB).exists());
    // A job that goes on is no silence.
    assert!(node.work(&|_| Ok(None), &NONE).is_err());
    assert!(fs::read_to_string(pending.failure(JOB)).unwrap().contains("has not ended"));
    node.work(&says(JobState::Completed), &HASTE).unwrap();
    assert!(!pending.failure(JOB).exists());
}

#[test]
fn a_job_that_cannot_be_attested_keeps_no_other() {
    let Some(node) = Node::new() else { return };
    let second = Incarnation { restart: 1, ..JOB };
    node.admit(JOB, &["n1"]);
    node.admit(second, &["n1"]);
    let pending = node.host.roots.pending();
    fs::write(pending.record(JOB), "{").unwrap();
    assert!(node.work(&says(JobState::Completed), &HASTE).is_err());
    assert!(node.spooled(second).exists() && !node.spooled(JOB).exists());
    assert_eq!(pending.failed().unwrap(), [JOB]);
}

#[test]
fn lost_results_are_attested_as_missing() {
    let Some(node) = Node::new() else { return };
    let record = node.admit(JOB, &["n1"]);
    fs::remove_dir_all(&record.run.sealed).unwrap();
    node.work(&says(JobState::Completed), &HASTE).unwrap();
    let predicate = node.attested(JOB);
    assert_eq!((predicate.files.len(), predicate.irregular[0].what.as_str()), (0, "missing"));
    assert_eq!(predicate.end.exit_code, 255, "nothing was noted of it");
}

#[test]
fn a_sweep_goes_on_after_what_it_cannot_clear() {
    let Some(node) = Node::new() else { return };
    let jobs = node.host.roots.jobs();
    let stuck = RecordName::from(Incarnation { job: 1, restart: 0 });
    let trial = RecordName { incarnation: Incarnation { job: 2, restart: 1 }, trial: true };
    let unknown = RecordName::from(Incarnation { job: 3, restart: 0 });
    let running = RecordName::from(Incarnation { job: 4, restart: 0 });
    let over = RecordName::from(Incarnation { job: 5, restart: 0 });
    for name in [stuck, trial, unknown, running, over] {
        fs::create_dir_all(jobs.dir(name).path()).unwrap();
    }
    // Nothing that could be locked.
    fs::create_dir(jobs.dir(stuck).join("space")).unwrap();
    let slurm = |job: Incarnation| match job.job {
        3 => silent(job),
        4 => Ok(None),
        _ => Ok(Some(JobState::Unknown)),
    };
    assert!(sweep(&node.host.roots, &slurm).is_err());
    assert_eq!(jobs.names().unwrap(), [stuck, unknown, running]);
    let said = node.audit("clear-failed");
    let named: Vec<_> = said.iter().map(|line| line["detail"]["job"].as_str().unwrap()).collect();
    assert_eq!(named, ["1.0", "3.0"]);
}

#[test]
fn what_waits_for_its_attestation_stays_when_it_is_cleared() {
    let Some(node) = Node::new() else { return };
    node.admit(JOB, &["n1"]);
    let dir = node.record_dir(JOB);
    fs::write(dir.join(JobDir::RECORD), "{}").unwrap();
    end::clear(&node.host.roots, JOB.into()).unwrap();
    assert!(dir.path().exists());
    fs::remove_file(node.host.roots.pending().record(JOB)).unwrap();
    end::clear(&node.host.roots, JOB.into()).unwrap();
    assert!(!dir.path().exists());
}
