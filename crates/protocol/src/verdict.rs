use std::path::PathBuf;

use crate::{Code, Image};
use serde::{Deserialize, Serialize};

/// The decider's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Verdict {
    /// The job runs, sealed as the admission says.
    Admit(Box<Admission>),
    /// The job ends with [`crate::EXIT_REFUSED`].
    Refuse(Refusal),
    /// The job is none of Sluice's business.
    OutOfScope,
}

/// Why a job may not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Refusal {
    /// The word of a [`Code`].
    pub code: String,
    /// What is wrong and what to do, one line without control characters.
    pub message: String,
}

impl Refusal {
    /// A refusal with this code, for this reason.
    pub fn new(code: Code, message: impl std::fmt::Display) -> Self {
        Self { code: code.into(), message: message.to_string() }
    }

    /// Whether it is for this reason.
    pub fn is(&self, code: Code) -> bool {
        self.code == code.word()
    }
}

/// How an admitted job is sealed; the plugin applies it as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Admission {
    /// [`crate::FORMAT`].
    pub format: u32,
    /// The job's record below [`sluice_sys::jobs::PATH`], made by the decider, root only.
    pub record: PathBuf,
    /// The batch script; other steps have none.
    pub script: Option<Script>,
    /// What the job sees beside the system, in mounting order.
    pub binds: Vec<Bind>,
    /// Names of the user's environment variables that stay if their values are plain words.
    pub env_keep: Vec<String>,
    /// Variables that are set.
    pub env_set: Vec<(String, String)>,
    /// What of the network is left.
    pub network: Network,
    /// Where standard output and error go.
    pub stdio: Stdio,
    /// Why the job would be refused: in [`crate::Mode::Confine`] it runs all the same.
    pub unapproved: Option<Refusal>,
    /// What the site says of every sandbox.
    pub sandbox: Sandbox,
}

/// The site's rules for every sandbox on its nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Sandbox {
    /// Landlock's ABI below which nothing runs.
    pub landlock: u32,
    /// Devices that jobs see beside the harmless ones.
    pub devices: Vec<PathBuf>,
    /// Root-owned programs that slurmstepd may go on executing outside the sandbox.
    pub main_thread_programs: Vec<PathBuf>,
    /// Uid that owns the job's user namespace, and that nobody has: the kernel charges to it what
    /// the job takes. Root in what an older release wrote.
    #[serde(default)]
    pub owner: u32,
    /// Most processes of a job on a node.
    pub max_processes: Option<u64>,
    /// Longest file, in bytes.
    pub max_file_bytes: Option<u64>,
    /// Size of /tmp, of /dev/shm and of System V segments, in bytes each.
    pub tmp_bytes: Option<u64>,
}

/// The batch script as it was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Script {
    /// Its root-owned copy.
    pub copy: PathBuf,
    /// Where slurmstepd will execute it.
    pub at: PathBuf,
}

/// A directory shown to the job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Bind {
    /// Where it lies.
    pub source: PathBuf,
    /// Where the job sees it.
    pub target: PathBuf,
    /// Who can reach the source.
    pub open_as: OpenAs,
    /// What the job may do.
    pub access: Access,
    /// The source is a file, and what it holds is shown; else the source itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
}

/// Identity under which a source is opened: root has no rights on a squashed network file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OpenAs {
    /// Local, root-owned.
    Root,
    /// Belongs to the service account with this uid and gid.
    Service(u32, u32),
}

/// Rights on a bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Data: read only, nothing is executed.
    Read,
    /// Code: read only, may be executed.
    Execute,
    /// The sealed run directory.
    Write,
}

/// Network of an admitted job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// A namespace with a loopback interface and nothing else.
    None,
    /// The host's, with TCP to these ports, first and last of each range, and no other protocol.
    Slurm(Vec<(u16, u16)>),
}

/// Standard output and error of an admitted job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Stdio {
    /// Into these files of the sealed run directory, as the job sees them.
    Sealed {
        /// Standard output.
        stdout: PathBuf,
        /// Standard error.
        stderr: PathBuf,
    },
    /// To /dev/null.
    Discard,
}
