//! Where Sluice's files lie.

use std::path::{Path, PathBuf};

use sluice_sys::jobs::Jobs;

use crate::pending::Pending;

/// Configuration, root-owned and readable.
pub const ETC: &str = "/etc/sluice";
/// Durable state of a node, root only.
pub const STATE: &str = "/var/lib/sluice";
/// State of running jobs.
pub const RUN: &str = "/run/sluice";
/// Logs, root only.
pub const LOG: &str = "/var/log/sluice";

/// The site's configuration.
pub const CONFIG: &str = "/etc/sluice/sluice.toml";
/// Keys that may sign entries and indexes, in OpenSSH's format.
pub const ALLOWED_SIGNERS: &str = "/etc/sluice/allowed_signers";
/// The published sets and the link `current`.
pub const ALLOWLIST: &str = "/etc/sluice/allowlist";
/// Public key of the cluster, which certifies the nodes' keys.
pub const CLUSTER_KEY: &str = "/etc/sluice/keys/cluster.pub";
/// This node's private key.
pub const NODE_KEY: &str = "/etc/sluice/keys/node";
/// The host certificate of this node's key.
pub const NODE_CERT: &str = "/etc/sluice/keys/node-cert.pub";
/// The cluster's step key, the same on every node: at least 32 random bytes.
pub const STEP_KEY: &str = "/etc/sluice/keys/steps";
/// Verified bundles.
pub const STORE: &str = "/var/lib/sluice/store";
/// The mode that the node's plugin was last seen in.
pub const MODE: &str = "/run/sluice/mode";
/// The audit log.
pub const AUDIT: &str = "/var/log/sluice/audit.jsonl";

/// The four places that everything else is below; other ones than the system's are for tests.
#[derive(Clone, Debug)]
pub struct Roots {
    /// In place of [`ETC`].
    pub etc: PathBuf,
    /// In place of [`STATE`].
    pub state: PathBuf,
    /// In place of [`RUN`].
    pub run: PathBuf,
    /// In place of [`LOG`].
    pub log: PathBuf,
}

impl Roots {
    /// The system's own places.
    pub fn system() -> Self {
        Self { etc: ETC.into(), state: STATE.into(), run: RUN.into(), log: LOG.into() }
    }

    /// The four below a directory, by their system names.
    pub fn below(dir: &Path) -> Self {
        let at = |path: &str| dir.join(path.trim_start_matches('/'));
        Self { etc: at(ETC), state: at(STATE), run: at(RUN), log: at(LOG) }
    }

    /// Records of the jobs that run on this node.
    pub fn jobs(&self) -> Jobs {
        Jobs::below(&self.run)
    }

    /// Records of the jobs that aren't attested yet.
    pub fn pending(&self) -> Pending {
        Pending::below(&self.state)
    }
}
