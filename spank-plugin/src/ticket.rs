//! The ticket with which srun, inside an admitted job, shows the node that it is there.

use std::{fs::File, io::Read};

use sluice_protocol::{TICKET, TICKET_VARIABLE};

use crate::ffi::Spank;

/// Longest ticket, in bytes.
const MAX: usize = 256;

/// srun: the ticket that it sends along in its environment, if there is one to be seen.
pub(crate) fn of_this_job() -> Option<String> {
    let mut ticket = String::new();
    File::open(TICKET).ok()?.take(MAX as u64).read_to_string(&mut ticket).ok()?;
    Some(ticket)
}

/// slurmstepd: takes it out of the environment again.
pub(crate) fn take(spank: &Spank<'_>) -> Option<String> {
    let ticket = spank.get::<MAX>(TICKET_VARIABLE)?;
    // What stays in spite of this is dropped with all that no verdict names.
    let _ = spank.retain_environment(|name, _| name != TICKET_VARIABLE);
    Some(ticket)
}
