//! `sluice audit`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use sluice_site::audit::Event;

#[derive(Subcommand)]
pub(crate) enum Audit {
    /// Check the whole chain, and against what others saw of it; exit code 1 if it doesn't hold
    Verify(AuditVerify),
    /// Print its lines
    Show(AuditShow),
    /// Sum up what mode=enforce would have refused
    Report(AuditReport),
    /// Put the current file aside now; it goes on in a new one
    Rotate {
        #[command(flatten)]
        log: Log,
    },
}

#[derive(Args)]
pub(crate) struct Log {
    /// The log; files put aside lie beside it
    #[arg(long, value_name = "FILE", default_value = sluice_site::paths::AUDIT)]
    pub(crate) log: PathBuf,
}

#[derive(Args)]
pub(crate) struct AuditVerify {
    #[command(flatten)]
    pub(crate) log: Log,
    /// An attestation, or lines of syslog, beside the attestations in this site's spool; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) witness: Vec<PathBuf>,
    /// Number of the first line that has to be there
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    pub(crate) from: u64,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct AuditShow {
    #[command(flatten)]
    pub(crate) log: Log,
    /// Only what is about this job
    #[arg(long, value_name = "JOB")]
    pub(crate) job: Option<u32>,
    /// Only events of this kind, such as refuse
    #[arg(long, value_name = "EVENT", value_parser = event)]
    pub(crate) event: Option<Event>,
    /// Only the last N of them
    #[arg(long, value_name = "N")]
    pub(crate) last: Option<usize>,
    /// Print each as JSON, as it stands in the log
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct AuditReport {
    #[command(flatten)]
    pub(crate) log: Log,
    /// Print as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn event(word: &str) -> Result<Event, String> {
    Event::of(word).ok_or_else(|| {
        let words: Vec<&str> = Event::ALL.iter().map(|event| event.word()).collect();
        format!("there are {}", words.join(", "))
    })
}
