//! `sluice audit`: a node's log checked, read and summed up.

mod report;
mod verify;
mod witness;

use sluice_site::audit::{Audit, AuditError, Line, Verified, read};
use sluice_site::{Site, users};
use sluice_sys::trusted::{Trust, TrustError};

use crate::args::audit::{self as args, AuditShow};
use crate::exit::{Exit, Failure, Result};
use crate::output;

pub(crate) fn run(command: args::Audit) -> Result<Exit> {
    match command {
        args::Audit::Verify(args) => verify::run(&args),
        args::Audit::Show(args) => show(&args),
        args::Audit::Report(args) => report::run(&args),
        args::Audit::Rotate { log } => {
            Audit::open(&log.log).and_then(|mut audit| audit.rotate()).map_err(failure)?;
            Ok(Exit::Ok)
        }
    }
}

/// Goes through a log from its first line. The crawler's belongs to the service account.
pub(crate) fn go_through(log: &args::Log, each: impl FnMut(Line)) -> Result<Verified> {
    let service = Site::load().ok().and_then(|site| site.service().ok());
    let trust = service.map_or(Trust::SECRET, |(uid, _)| Trust::SECRET.or_owner(uid));
    read(&log.log, trust, each).map_err(failure)
}

fn failure(error: AuditError) -> Failure {
    let exit = match &error {
        AuditError::Altered { .. } | AuditError::In { .. } => Exit::NotAsItShould,
        AuditError::Untrusted(TrustError::Io { source, .. })
            if source.kind() == std::io::ErrorKind::PermissionDenied =>
        {
            Exit::NotPermitted
        }
        AuditError::Untrusted(error) if !error.is_missing() => Exit::NotAsItShould,
        _ => Exit::Environment,
    };
    Failure::new(exit, error)
}

/// Whether an event is about this job; the number stands alone, or before a requeue's.
pub(crate) fn is_about(event: &Line, job: u32) -> bool {
    match &event.detail["job"] {
        serde_json::Value::String(name) => {
            name.split('.').next().is_some_and(|name| name == job.to_string())
        }
        number => number.as_u64() == Some(job.into()),
    }
}

/// The user whom an event is about: by name, as far as this host knows it.
pub(crate) fn user(event: &Line) -> Option<String> {
    let uid = event.detail["uid"].as_u64()?;
    let name = u32::try_from(uid).ok().and_then(users::name_of);
    Some(name.unwrap_or_else(|| uid.to_string()))
}

/// An event's field that is a text.
pub(crate) fn text<'a>(event: &'a Line, field: &str) -> &'a str {
    event.detail[field].as_str().unwrap_or_default()
}

fn show(args: &AuditShow) -> Result<Exit> {
    let mut wanted = std::collections::VecDeque::new();
    go_through(&args.log, |event| {
        let about = args.job.is_none_or(|job| is_about(&event, job));
        if about && args.event.is_none_or(|wanted| event.event() == Some(wanted)) {
            wanted.push_back(event);
        }
        if args.last.is_some_and(|last| wanted.len() > last) {
            wanted.pop_front();
        }
    })?;
    for event in &wanted {
        if args.json {
            output::json(event)?;
        } else {
            output::line(sentence(event))?;
        }
    }
    Ok(Exit::Ok)
}

/// An event as one line: number, time, host, what, and the details as they stand there.
pub(crate) fn sentence(event: &Line) -> String {
    let Line { seq, time, host, event: what, detail, .. } = event;
    let mut line = format!("{seq}  {time}  {host}  {what}");
    for (key, value) in detail.as_object().into_iter().flatten().filter(|(_, it)| !it.is_null()) {
        match value.as_str() {
            Some("") => {}
            Some(text) if text.contains(' ') => line += &format!("  {key}={text:?}"),
            Some(text) => line += &format!("  {key}={text}"),
            None => line += &format!("  {key}={value}"),
        }
    }
    line
}
