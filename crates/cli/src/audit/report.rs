//! `sluice audit report`: what the node would have refused had it enforced, sorted by reason.

use std::collections::BTreeMap;

use serde::Serialize;
use sluice_protocol::Code;
use sluice_site::audit::{Event, Line};

use super::{go_through, text, user};
use crate::args::audit::AuditReport;
use crate::exit::{Exit, Result};
use crate::output;

#[derive(Default, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Report {
    /// Jobs and steps that ran without being refused, in `mode=observe` or `mode=confine`.
    seen: u64,
    /// Those that `mode=enforce` would have refused.
    would_refuse: u64,
    reasons: Vec<Reason>,
}

/// Refusals with the same code.
#[derive(Default, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Reason {
    code: String,
    count: u64,
    /// How often for whom.
    users: BTreeMap<String, u64>,
    first: String,
    last: String,
    /// The last job, and what it would have been told.
    job: u64,
    message: String,
}

pub(super) fn run(args: &AuditReport) -> Result<Exit> {
    let mut report = Report::default();
    let mut reasons: BTreeMap<String, Reason> = BTreeMap::new();
    go_through(&args.log, |event| match event.event() {
        Some(Event::Observe) if text(&event, "verdict") == "admit" => report.seen += 1,
        Some(Event::Observe | Event::Confine) => {
            report.seen += 1;
            report.would_refuse += 1;
            reasons.entry(text(&event, "code").into()).or_default().add(&event);
        }
        _ => {}
    })?;
    report.reasons = reasons.into_values().collect();
    report.reasons.sort_by_key(|reason| std::cmp::Reverse(reason.count));
    if args.json {
        output::json(&report)?;
    } else {
        print(&report)?;
    }
    Ok(Exit::Ok)
}

impl Reason {
    fn add(&mut self, event: &Line) {
        if self.count == 0 {
            self.code = text(event, "code").into();
            self.first = event.time.clone();
        }
        self.count += 1;
        *self.users.entry(user(event).unwrap_or_default()).or_default() += 1;
        self.last = event.time.clone();
        self.job = event.detail["job"].as_u64().unwrap_or_default();
        self.message = text(event, "message").into();
    }
}

fn print(report: &Report) -> Result<()> {
    let Report { seen, would_refuse, reasons } = report;
    output::line(format_args!(
        "{seen} jobs and steps ran unenforced; {would_refuse} of them would be refused"
    ))?;
    for reason in reasons {
        let Reason { code, count, users, first, last, job, message } = reason;
        let users: Vec<String> = users.iter().map(|(name, n)| format!("{name} {n}")).collect();
        output::line("")?;
        output::line(format_args!("{code}  {count}  ({})  {first} to {last}", users.join(", ")))?;
        output::line(format_args!("      last: job {job}: {message}"))?;
        if let Some(known) = Code::of(code) {
            output::line(format_args!("      {}", known.remedy()))?;
        }
    }
    Ok(())
}
