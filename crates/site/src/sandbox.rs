//! The `[sandbox]` of sluice.toml.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::finding::NAMES;
use crate::uids::Uids;
use crate::values::{first_and_last, is_plain};

/// The oldest Landlock that the sandbox works with: before it no file can be renamed into
/// another directory.
const MIN_LANDLOCK: u32 = 2;
/// The newest Landlock that the sandbox makes use of.
const MAX_LANDLOCK: u32 = 6;

/// Each port is a rule of Landlock's.
const MAX_PORTS: usize = 4096;

/// Places that no sandbox shows: devices have a rule of their own, and what lies in the others
/// speaks to the host.
const HOST_ONLY: [&str; 7] = ["/dev", "/proc", "/sys", "/run", "/var", "/tmp", "/etc"];

/// The site's rules for every sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Sandbox {
    /// Landlock's ABI below which jobs are refused: 2 is Linux 5.19, 3 is 6.2, 5 is 6.10, 6 is
    /// 6.12. What each stops stands in the threat model.
    pub landlock: u32,
    /// Devices that jobs see beside null, zero, full, random and urandom.
    pub devices: Vec<PathBuf>,
    /// Paths of the nodes that jobs see, to read and execute.
    pub read_only: Vec<PathBuf>,
    /// Root-owned programs that slurmstepd executes outside the sandbox, such as a TaskEpilog,
    /// its interpreter and its dynamic loader.
    pub main_thread_programs: Vec<PathBuf>,
    /// TCP ports of Slurm that jobs with `network = "slurm"` may connect to, such as `6817` or
    /// `60001-60100`: slurmctld's, slurmd's, and SrunPortRange where MPI needs it.
    pub slurm_ports: Vec<Ports>,
    /// Slurm's and munge's directories that such jobs see.
    pub slurm_places: Vec<PathBuf>,
    /// Uids that nobody has: one owns each job's user namespace, and what the job takes is
    /// charged to it.
    pub uids: Uids,
    /// Most processes and threads of a job on a node; by default what `sluice-admit` takes from
    /// the node's size.
    pub max_processes: Option<u64>,
    /// Longest file that a job can write, in bytes.
    pub max_file_bytes: Option<u64>,
    /// Whether nobody but sealed jobs runs on the nodes, where they are visible by their processes'
    /// numbers, and no host where people log in reaches slurmd, which tells these numbers.
    pub exclusive: bool,
    /// Settings of the nodes that the site lives with, by their names: [`crate::node::NAMES`].
    pub accept: Vec<String>,
    /// Size of a job's /tmp, of its /dev/shm and of its System V segments, in bytes each; an
    /// eighth of the node's memory by default.
    pub tmp_bytes: Option<u64>,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self {
            landlock: MIN_LANDLOCK,
            devices: Vec::new(),
            read_only: Vec::new(),
            main_thread_programs: Vec::new(),
            slurm_ports: vec![Ports(6817, 6818)],
            slurm_places: vec!["/etc/slurm".into(), "/run/munge".into()],
            uids: Uids::default(),
            max_processes: None,
            max_file_bytes: None,
            exclusive: false,
            accept: Vec::new(),
            tmp_bytes: None,
        }
    }
}

impl Sandbox {
    pub(crate) fn check(&self) -> Result<(), String> {
        if !(MIN_LANDLOCK..=MAX_LANDLOCK).contains(&self.landlock) {
            return Err(format!(
                "sandbox.landlock must be between {MIN_LANDLOCK} and {MAX_LANDLOCK}"
            ));
        }
        let mut paths = self
            .read_only
            .iter()
            .chain(&self.main_thread_programs)
            .chain(&self.devices)
            .chain(&self.slurm_places);
        if let Some(path) = paths.find(|path| !is_plain(path)) {
            return Err(format!("sandbox: {} is no plain absolute path", path.display()));
        }
        if let Some(path) = self.devices.iter().find(|path| !path.starts_with("/dev")) {
            return Err(format!("sandbox.devices: {} is not below /dev", path.display()));
        }
        let count = |ports: &Ports| usize::from(ports.1 - ports.0) + 1;
        if self.slurm_ports.iter().map(count).sum::<usize>() > MAX_PORTS {
            return Err(format!("sandbox.slurm-ports may be {MAX_PORTS} ports in all"));
        }
        if let Some(name) = self.accept.iter().find(|name| !NAMES.contains(&name.as_str())) {
            return Err(format!("sandbox.accept: {name:?} is none of {}", NAMES.join(", ")));
        }
        let host_only = |path: &&PathBuf| HOST_ONLY.iter().any(|place| path.starts_with(place));
        if let Some(path) = self.read_only.iter().find(host_only) {
            return Err(format!("sandbox.read-only: {} speaks to the host", path.display()));
        }
        Ok(())
    }

    /// What is shown to every job must not be, or hold, one of Sluice's own places.
    pub(crate) fn check_apart(&self, places: &[(&str, &PathBuf)]) -> Result<(), String> {
        for path in &self.read_only {
            let near = |other: &Path| path.starts_with(other) || other.starts_with(path);
            if let Some((key, _)) = places.iter().find(|(_, other)| near(other)) {
                return Err(format!("sandbox.read-only and {key} must not lie in each other"));
            }
        }
        Ok(())
    }
}

/// A range of ports, first and last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Ports(pub u16, pub u16);

impl TryFrom<String> for Ports {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match first_and_last(&text) {
            Some((first, last)) if 0 < first => Ok(Self(first, last)),
            _ => Err(format!("{text:?} is no port and no range FIRST-LAST")),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Site;

    fn parse(sandbox: &str) -> Result<Site, String> {
        let text = format!(
            "format = 1\ncluster = \"c\"\nworkflows = \"/w\"\nruntimes = \"/r\"\nruns = \"/runs\"\n\
             sealed-root = \"/s/sealed\"\nattestations = \"/s/att\"\nstatus = \"/status\"\n\
             [data.d]\npath = \"/s/data\"\n[sandbox]\n{sandbox}\n[[policy.controller]]\nprincipal = \"p\"\n"
        );
        Site::parse(text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn rules_that_open_the_sandbox_are_refused() {
        for bad in [
            "landlock = 1",
            "landlock = 7",
            "devices = [\"/etc/passwd\"]",
            "devices = [\"/dev/../etc\"]",
            "read-only = [\"/run/munge\"]",
            "read-only = [\"/\"]",
            "read-only = [\"/s\"]",
            "read-only = [\"/s/data/part\"]",
            "read-only = [\"opt\"]",
            "slurm-ports = [\"0\"]",
            "slurm-ports = [\"7-6\"]",
            "slurm-ports = [\"1-65535\"]",
            "slurm-places = [\"etc\"]",
            "accept = [\"everything\"]",
            "uids = \"1000-9999\"",
            "unknown = 1",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        let good =
            parse("landlock = 6\ndevices = [\"/dev/nvidia0\"]\nread-only = [\"/opt/modules\"]");
        assert_eq!(good.unwrap().sandbox.landlock, 6);
        assert_eq!(parse("").unwrap().sandbox.landlock, 2);
    }
}
