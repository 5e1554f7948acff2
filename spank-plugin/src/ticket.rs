//! The ticket with which srun, inside an admitted job, shows the node that it is there.

use std::{fs::File, io::Read};

use sluice_protocol::{TICKET, TICKET_VARIABLE};

use crate::{raw::set_variable, spank::Spank};

/// Longest ticket, in bytes.
const MAX: usize = 256;

/// srun: puts the ticket into the environment that it sends along, if there is one to be seen.
pub(crate) fn attach() {
    let Ok(file) = File::open(TICKET) else { return };
    let mut ticket = String::new();
    if file.take(MAX as u64).read_to_string(&mut ticket).is_ok() {
        set_variable(TICKET_VARIABLE, &ticket);
    }
}

/// slurmstepd: takes it out of the environment again.
pub(crate) fn take(spank: &Spank<'_>) -> Option<String> {
    let ticket = spank.get::<MAX>(TICKET_VARIABLE)?;
    // What stays in spite of this is dropped with all that no verdict names.
    let _ = spank.retain_environment(|name, _| name != TICKET_VARIABLE);
    Some(ticket)
}
