//! `sluice audit verify`: the chain from its first line to its last, beside what others saw of it.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use sluice_site::audit::Verified;

use super::{go_through, witness};
use crate::args::audit::AuditVerify;
use crate::exit::{Exit, Result};
use crate::output;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Report {
    /// Number of the first line that is there.
    first: u64,
    /// Number of the last line; none in an empty log.
    complete_up_to: Option<u64>,
    /// Number of the last line that somebody else has seen, too.
    witnessed_up_to: Option<u64>,
    /// How many lines crashes cut off.
    torn: u64,
    problems: Vec<String>,
}

pub(super) fn run(args: &AuditVerify) -> Result<Exit> {
    let witnesses = witness::all(&args.witness, &args.log.log)?;
    let seen: BTreeSet<u64> = witnesses.iter().map(|witness| witness.head.seq).collect();
    // Cut short, a log may not name its own host any more.
    let mut hosts = witness::own_names();
    let mut hashes = HashMap::new();
    let Verified { first, head, torn } = go_through(&args.log, |event| {
        if seen.contains(&event.seq) {
            hashes.insert(event.seq, event.hash);
        }
        hosts.insert(event.host);
    })?;
    let last = head.map(|head| head.seq);
    let mut problems = Vec::new();
    if first > args.from {
        problems.push(format!(
            "the lines before {first} are missing; if they were archived, say --from {first}"
        ));
    }
    let mut witnessed = None;
    for witness in witnesses.iter().filter(|witness| hosts.contains(&witness.host)) {
        let (seq, place) = (witness.head.seq, &witness.place);
        match hashes.get(&seq) {
            Some(hash) if *hash == witness.head.hash => witnessed = witnessed.max(Some(seq)),
            Some(_) => problems.push(format!("{place} saw another line {seq}: it was rewritten")),
            None if seq < first => {}
            None => problems.push(format!("{place} saw line {seq}: the log was cut off before it")),
        }
    }
    let report = Report { first, complete_up_to: last, witnessed_up_to: witnessed, torn, problems };
    if args.json {
        output::json(&report)?;
    } else {
        print(&report)?;
    }
    Ok(if report.problems.is_empty() { Exit::Ok } else { Exit::NotAsItShould })
}

fn print(report: &Report) -> Result<()> {
    let Report { first, complete_up_to, witnessed_up_to, torn, problems } = report;
    for problem in problems {
        output::line(format_args!("FAIL  {problem}"))?;
    }
    if *torn > 0 {
        output::line(format_args!("{torn} cut off by a crash and closed"))?;
    }
    let from = if *first == 0 { String::new() } else { format!("from {first} ") };
    let up_to = |seq: &Option<u64>| seq.map_or("nothing".into(), |seq| format!("up to {seq}"));
    output::line(format_args!(
        "complete {from}{}, witnessed {}",
        up_to(complete_up_to),
        up_to(witnessed_up_to)
    ))
}
