//! The crawler's audit log: its decisions, on the disk before their effects can be seen.

use std::io;

use serde_json::Value;
use sluice_site::audit::{Audit, Event};

use super::batch::Batch;
use crate::outcome::{Code, Stop};

/// The audit log and the thread that writes it.
pub struct Journal(Batch<Audit>);

impl Journal {
    /// Takes over an open log.
    pub fn start(audit: Audit) -> io::Result<Self> {
        Batch::start("audit", audit, |audit, work| {
            work(audit);
            audit.sync().map_err(|error| error.to_string())
        })
        .map(Self)
    }

    /// Appends an event; it is on the disk when this returns well.
    pub async fn append(&self, event: Event, detail: Value) -> Result<(), Stop> {
        let append = move |audit: &mut Audit| {
            audit.append(event, detail, false).map(drop).map_err(|error| error.to_string())
        };
        self.0.call(append).await.map_err(|error| Stop::retry(Code::AuditUnwritable, error))
    }
}
