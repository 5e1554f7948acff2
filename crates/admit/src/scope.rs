//! Who may run an entry, where and when.

use sluice_policy::entry::Scope;
use sluice_policy::time::format;
use sluice_protocol::Code;

use crate::batch::Batch;
use crate::refused::Refused;

pub(crate) fn check(scope: &Scope, id: &str, job: &Batch<'_>) -> Result<(), Refused> {
    let refuse = |code, why: String| {
        let message = format!("{id} is not approved for {why}; ask the data controller");
        Err(Refused::new(code, message))
    };
    let out = |why| refuse(Code::OutOfScope, why);
    let facts = &job.facts.job;
    for (what, allowed, found) in [
        ("user", &scope.users, &job.user.name),
        ("account", &scope.accounts, &facts.account),
        ("cluster", &scope.clusters, &job.site.cluster),
        ("partition", &scope.partitions, &facts.partition),
    ] {
        if !allowed.is_empty() && !allowed.contains(found) {
            return out(format!("{what} {found:?}"));
        }
    }
    if !scope.groups.is_empty() {
        let groups = job.user.group_names();
        if !groups.iter().any(|group| scope.groups.contains(group)) {
            return out(format!("a group of {}", job.user.name));
        }
    }
    match (scope.not_before, scope.not_after) {
        (Some(from), _) if job.now < from => {
            refuse(Code::TooEarly, format!("a time before {}", format(from)))
        }
        (_, Some(until)) if job.now >= until => {
            refuse(Code::EntryExpired, format!("a time from {} on", format(until)))
        }
        _ => Ok(()),
    }
}
