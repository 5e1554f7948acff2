//! A node's settings that would weaken the sandbox.

use sluice_site::node::Node;
use sluice_site::{Sandbox, SlurmConf};

use super::Findings;

pub(super) fn check(sandbox: &Sandbox, findings: &mut Findings) {
    let found = Node::look(SlurmConf::locate()).unsafe_for(sandbox);
    if found.is_empty() {
        findings.ok("nothing in the node's settings weakens the sandbox");
    }
    for finding in found {
        findings.fail(format_args!("{}: {}", finding.name, finding.what), finding.remedy);
    }
}
