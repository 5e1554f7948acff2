//! sluice.toml.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sluice_sys::trusted::{TrustError, read_trusted};

use crate::crawler::Crawler;
use crate::policy::Policy;
use crate::sandbox::Sandbox;
use crate::store::Store;
use crate::values::is_plain;
use crate::{paths, users};

/// Upper bound of sluice.toml, in bytes.
const MAX_BYTES: usize = 64 << 10;

/// One cluster's configuration, the same on every host.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Site {
    format: u32,
    /// The cluster's name, part of every run id.
    pub cluster: String,
    /// Approved workflows, NAME/VERSION below.
    pub workflows: PathBuf,
    /// Approved runtimes, NAME/VERSION below.
    pub runtimes: PathBuf,
    /// Images of workflows and runtimes, NAME/VERSION.sqfs or .erofs below; without it there are none.
    pub images: Option<PathBuf>,
    /// Drop boxes, at any depth.
    pub runs: PathBuf,
    /// Where jobs really write; only the service account gets in.
    pub sealed_root: PathBuf,
    /// Spool of attestations, and the running jobs' directories.
    pub attestations: PathBuf,
    /// What became of a run, one file each.
    pub status: PathBuf,
    /// The service account's name.
    #[serde(default = "default_service_user")]
    pub service_user: String,
    /// Sets with a lower serial are refused, also by a node that lost its memory.
    #[serde(default)]
    pub min_serial: u64,
    /// Which jobs are Sluice's; without it all of the nodes that load the plugin.
    pub scope: Option<Scope>,
    /// Data sets by name.
    #[serde(default)]
    pub data: BTreeMap<String, DataSet>,
    /// Who may approve what.
    pub policy: Policy,
    /// What every sandbox has on this cluster.
    #[serde(default)]
    pub sandbox: Sandbox,
    /// The verified copies on each node.
    #[serde(default)]
    pub store: Store,
    /// The crawler's part, where there is one.
    pub crawler: Option<Crawler>,
}

/// Jobs that are Sluice's business: those in any of these. Slurm's controller says which a job
/// is in, which costs a question to it for every step.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Slurm partitions.
    #[serde(default)]
    pub partitions: Vec<String>,
    /// Slurm accounts.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// User names.
    #[serde(default)]
    pub users: Vec<String>,
}

impl Scope {
    /// Whether a job is in scope.
    pub fn covers(&self, partition: &str, account: &str, user: Option<&str>) -> bool {
        let listed = |list: &[String], name: &str| list.iter().any(|listed| listed == name);
        listed(&self.partitions, partition)
            || listed(&self.accounts, account)
            || user.is_none_or(|user| listed(&self.users, user))
    }
}

/// A data set's real place.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSet {
    /// A directory that only the service account can reach.
    pub path: PathBuf,
}

fn default_service_user() -> String {
    "sluice".into()
}

/// Why there is no usable configuration.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The file is missing, or not root's alone.
    #[error("the configuration can't be used: {0}")]
    Untrusted(#[from] TrustError),
    /// It doesn't parse.
    #[error("sluice.toml doesn't parse: {0}")]
    Syntax(String),
    /// A value makes no sense.
    #[error("sluice.toml: {0}")]
    Value(String),
    /// The service account isn't there.
    #[error("service-user: there is no user {0}; create it, with the same uid on every host")]
    Service(String),
}

impl Site {
    /// The host's configuration.
    pub fn load() -> Result<Self, SiteError> {
        Self::read(Path::new(paths::CONFIG))
    }

    /// A configuration file, which has to be root's.
    pub fn read(path: &Path) -> Result<Self, SiteError> {
        Self::parse(&read_trusted(path, MAX_BYTES)?)
    }

    /// Parses and checks the text of a configuration.
    pub fn parse(bytes: &[u8]) -> Result<Self, SiteError> {
        if bytes.len() > MAX_BYTES {
            return Err(SiteError::Syntax(format!("longer than {MAX_BYTES} bytes")));
        }
        let site: Self = sluice_policy::toml::read(bytes).map_err(SiteError::Syntax)?;
        site.check().map_err(SiteError::Value)?;
        Ok(site)
    }

    /// Uid and gid of the service account.
    pub fn service(&self) -> Result<(u32, u32), SiteError> {
        users::ids_of(&self.service_user)
            .ok_or_else(|| SiteError::Service(self.service_user.clone()))
    }

    fn check(&self) -> Result<(), String> {
        if self.format != 1 {
            return Err(format!("format {} is not known; this version reads 1", self.format));
        }
        if !is_name(&self.cluster) {
            return Err("cluster may have letters, digits, '.', '_' and '-' only".into());
        }
        self.policy.check()?;
        if let Some(Scope { partitions, accounts, users }) = &self.scope
            && partitions.is_empty()
            && accounts.is_empty()
            && users.is_empty()
        {
            return Err("scope names nothing: leave it out, or mode=off turns Sluice off".into());
        }
        self.sandbox.check()?;
        self.store.check()?;
        self.check_paths()
    }

    /// One place inside another would give it that one's rights.
    fn check_paths(&self) -> Result<(), String> {
        let places = [
            ("workflows", &self.workflows),
            ("runtimes", &self.runtimes),
            ("runs", &self.runs),
            ("sealed-root", &self.sealed_root),
            ("attestations", &self.attestations),
            ("status", &self.status),
        ];
        let data: Vec<(String, &PathBuf)> =
            self.data.iter().map(|(name, set)| (format!("data.{name}.path"), &set.path)).collect();
        let data = data.iter().map(|(key, path)| (key.as_str(), *path));
        let images = self.images.as_ref().map(|path| ("images", path));
        let places: Vec<(&str, &PathBuf)> = places.into_iter().chain(images).collect();
        let all: Vec<(&str, &PathBuf)> = places.iter().copied().chain(data).collect();
        for (key, path) in &all {
            if !is_plain(path) {
                return Err(format!("{key} must be an absolute path without '.' and '..'"));
            }
        }
        self.sandbox.check_apart(&all)?;
        // Data sets may share files, nothing else may.
        for (index, (key, path)) in places.iter().enumerate() {
            for (other_key, other) in &all[index + 1..] {
                if path.starts_with(other) || other.starts_with(path) {
                    return Err(format!("{key} and {other_key} must not lie in each other"));
                }
            }
        }
        Ok(())
    }
}

fn is_name(name: &str) -> bool {
    let ok = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(ok) && !name.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"
format = 1
cluster = "lab"
workflows = "/srv/sluice/workflows"
runtimes = "/srv/sluice/runtimes"
runs = "/srv/sluice/runs"
sealed-root = "/srv/sluice-private/sealed"
attestations = "/srv/sluice-private/attestations"
status = "/srv/sluice/status"
[data.cohort]
path = "/srv/sluice-private/data/cohort"
[policy]
[[policy.controller]]
principal = "controller@lab"
"#;

    #[test]
    fn defaults() {
        let site = Site::parse(SAMPLE.as_bytes()).unwrap();
        assert_eq!(site.service_user, "sluice");
        assert_eq!(site.min_serial, 0);
        assert_eq!(site.policy.entry_signatures, 1);
        assert_eq!(site.policy.controller[0].names, ["*"]);
        assert!(site.crawler.is_none());
    }

    #[test]
    fn the_sample_is_valid() {
        let site = Site::parse(include_bytes!("../../../etc/sluice.toml")).unwrap();
        assert!(site.crawler.is_some());
    }

    #[test]
    fn senseless_values_are_refused() {
        for (from, to, says) in [
            ("format = 1", "format = 2", "format 2"),
            ("format = 1", "format = 1\nsurprise = 1", "surprise"),
            ("\"lab\"", "\"a/b\"", "cluster"),
            ("\"/srv/sluice/runs\"", "\"runs\"", "runs must be"),
            ("\"/srv/sluice/runs\"", "\"/srv/../runs\"", "runs must be"),
            ("\"/srv/sluice/runs\"", "\"/srv/runs/\"", "runs must be"),
            ("\"/srv/sluice/runs\"", "\"/srv/sluice\"", "in each other"),
            ("/srv/sluice-private/data/cohort", "/srv/sluice/runs/cohort", "in each other"),
            ("format = 1", "format = 1\nimages = \"i\"", "images must be"),
            ("format = 1", "format = 1\nimages = \"/srv/sluice/runs/i\"", "in each other"),
            ("[policy]", "[scope]\n[policy]", "scope names nothing"),
            ("[policy]", "[scope]\nqos = [\"x\"]\n[policy]", "qos"),
            ("[policy]", "[store]\ncold-seconds = 301\n[policy]", "store.cold-seconds"),
            ("[policy]", "[store]\nin-place = [\"a\"]\n[policy]", "store.in-place"),
            ("[policy]", "[policy]\nentry-signatures = 2", "entry-signatures"),
            ("[policy]", "[policy]\nentry-signatures = 0", "entry-signatures"),
            ("@lab\"", "@lab\"\nnames = [\"a[\"]", "policy.controller"),
            ("[policy]", "[policy]\nsecurity-signatures = 1", "security-signatures"),
            (
                "[[policy.controller]]",
                "[[policy.checker]]\nprincipal = \"a b\"\n[[policy.controller]]",
                "policy.checker",
            ),
            (
                "[[policy.controller]]",
                "[[policy.controller]]\nprincipal = \"controller@lab\"\n[[policy.controller]]",
                "twice",
            ),
        ] {
            let error = Site::parse(SAMPLE.replace(from, to).as_bytes()).unwrap_err().to_string();
            assert!(error.contains(says), "{to}: {error}");
        }
    }

    #[test]
    fn data_sets_may_nest() {
        let nested = SAMPLE.replace(
            "[policy]\n",
            "[data.part]\npath = \"/srv/sluice-private/data/cohort/part\"\n[policy]\n",
        );
        Site::parse(nested.as_bytes()).unwrap();
    }

    #[test]
    fn length_is_limited() {
        assert!(Site::parse(&vec![b'#'; MAX_BYTES + 1]).is_err());
    }
}
