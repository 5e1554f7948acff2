//! Whether this node's settings leave the sandbox what it is.

use std::io;
use std::path::PathBuf;

use sluice_protocol::Code;
use sluice_site::node::Node;
use sluice_site::paths::Roots;
use sluice_site::{Site, SlurmConf};

use crate::audit;
use crate::refused::Refused;

/// Looks at the node when slurmd starts; returns what is wrong, a line each.
pub fn look(roots: &Roots, slurm_conf: Option<PathBuf>) -> io::Result<Vec<String>> {
    let node = Node::look(slurm_conf.or_else(SlurmConf::locate));
    node.save(&roots.run)?;
    let site = Site::read(&roots.etc.join("sluice.toml"));
    let sandbox = site.map(|site| site.sandbox).unwrap_or_default();
    let found = node.unsafe_for(&sandbox);
    audit::unsafe_node(roots, &found).map_err(io::Error::other)?;
    Ok(found.into_iter().map(|it| format!("{}: {}; {}", it.name, it.what, it.remedy)).collect())
}

/// Refuses while a setting would weaken the sandbox.
pub(crate) fn check(site: &Site, roots: &Roots) -> Result<(), Refused> {
    let node = Node::load(&roots.run).map_err(|error| {
        let why = format!("slurmd has not looked at its node ({error}); restart slurmd");
        Refused::new(Code::NodeUnsafe, why)
    })?;
    match node.unsafe_for(&site.sandbox).first() {
        None => Ok(()),
        Some(found) => {
            Err(Refused::new(Code::NodeUnsafe, format!("{}: {}", found.name, found.what)))
        }
    }
}
