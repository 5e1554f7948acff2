//! The `[crawler]` of sluice.toml.

use std::path::PathBuf;

use serde::Deserialize;

/// The crawler's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Crawler {
    /// `file:///path` or `s3://bucket/prefix`.
    pub store: String,
    /// The S3 server's URL.
    pub endpoint: Option<String>,
    /// The S3 region.
    pub region: Option<String>,
    /// Whether the endpoint may be plain http.
    #[serde(default)]
    pub allow_http: bool,
    /// File with the S3 keys: an absolute path, or the name of a systemd credential. Without it
    /// they come from the environment.
    pub credentials: Option<PathBuf>,
    /// PEM file of the authority that certifies the S3 server, beside the system's.
    pub ca: Option<PathBuf>,
    /// URL of an HTTP proxy that leads to the S3 server.
    pub proxy: Option<String>,
    /// Whether only attested runs are published. Without, WESkit's word is taken for runs of a
    /// cluster that has no plugin yet.
    #[serde(default = "default_require_attestation")]
    pub require_attestation: bool,
    /// Without attestations: seconds that a file has to be left alone before it is published.
    #[serde(default = "default_settle")]
    pub settle_seconds: u64,
    /// Whether a published run's directory gets an `upload_token`, as the script left it.
    #[serde(default)]
    pub upload_token: bool,
    /// Where counts are to be had: a socket's path, or a loopback address with a port.
    pub metrics: Option<String>,
    /// Seconds between two scans.
    #[serde(default = "default_interval")]
    pub interval_seconds: u64,
}

fn default_require_attestation() -> bool {
    true
}

fn default_settle() -> u64 {
    30
}

fn default_interval() -> u64 {
    30
}
