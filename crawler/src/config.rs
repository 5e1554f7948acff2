//! The crawler's part of the site's configuration, checked before the first pass.

use std::{
    env,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use nix::unistd::geteuid;
use serde::Deserialize;
use sluice_site::{Site, renderer::Renderer};
use sluice_sys::{
    read_limited,
    trusted::{Trust, open_trusted_file, read_trusted},
};

/// Upper bound of the credentials file, in bytes.
const MAX_CREDENTIALS: usize = 4096;
/// Upper bound of a file of certificates, in bytes.
const MAX_AUTHORITY: usize = 1 << 20;

/// A value in sluice.toml that the crawler can't work with.
#[derive(Debug, thiserror::Error)]
#[error("sluice.toml, [crawler]: {0}")]
pub struct ConfigError(String);

/// What the crawler works with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The whole configuration.
    pub site: Site,
    /// Where configuration, allowlist and keys lie: /etc/sluice.
    pub etc: PathBuf,
    /// The crawler's own directory.
    pub state: PathBuf,
    /// Attestations, one file each.
    pub spool: PathBuf,
    /// Where results go.
    pub location: Location,
    /// Time between two scans.
    pub interval: Duration,
    /// Whether only attested runs are published.
    pub require_attestation: bool,
    /// How long an unattested run's files have to be left alone.
    pub settle: Duration,
    /// Whether a published run's directory gets an `upload_token`.
    pub upload_token: bool,
    /// Where counts are to be had.
    pub metrics: Option<Endpoint>,
    /// What draws figures whose pictures leave in their place.
    pub renderer: Renderer,
}

/// Where the counts are to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A Unix socket.
    Socket(PathBuf),
    /// A port of this host alone.
    Port(SocketAddr),
}

/// Where results go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A directory of this host.
    Directory(PathBuf),
    /// A bucket.
    S3(S3),
}

/// An S3 bucket and how to reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3 {
    /// URL of the server.
    pub endpoint: String,
    /// Region, part of every signature.
    pub region: String,
    /// Bucket.
    pub bucket: String,
    /// What comes before every key; may be empty.
    pub prefix: String,
    /// Whether plain http will do.
    pub allow_http: bool,
    /// Certificates of the site's authority, PEM, in addition to the system's.
    pub ca: Option<Vec<u8>>,
    /// Proxy that leads to the server.
    pub proxy: Option<String>,
    /// Keys.
    pub keys: Keys,
}

/// Where the S3 keys come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keys {
    /// A file.
    Static(Credentials),
    /// What the environment names: keys, a web identity token, an instance's role.
    Environment,
}

/// S3 keys.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Credentials {
    /// Id of the key.
    pub access_key: String,
    /// The key.
    pub secret_key: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({})", self.access_key)
    }
}

impl Config {
    /// Takes what the crawler needs out of `site`; `state` is the crawler's own directory.
    pub fn new(site: Site, etc: &Path, state: &Path) -> Result<Self, ConfigError> {
        let crawler = site.crawler.as_ref().ok_or_else(|| {
            ConfigError("the section is missing; add it with at least a store".into())
        })?;
        if !(1..=86_400).contains(&crawler.interval_seconds) {
            return Err(ConfigError("interval-seconds must be between 1 and 86400".into()));
        }
        Ok(Self {
            etc: etc.to_owned(),
            state: state.to_owned(),
            spool: site.spool(),
            location: Location::new(crawler)?,
            interval: Duration::from_secs(crawler.interval_seconds),
            require_attestation: crawler.require_attestation,
            settle: Duration::from_secs(crawler.settle_seconds),
            upload_token: crawler.upload_token,
            metrics: crawler.metrics.as_deref().map(endpoint).transpose()?,
            renderer: Renderer::installed(),
            site,
        })
    }
}

fn endpoint(text: &str) -> Result<Endpoint, ConfigError> {
    if text.starts_with('/') {
        return Ok(Endpoint::Socket(text.into()));
    }
    match text.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() => Ok(Endpoint::Port(address)),
        _ => Err(ConfigError(
            "metrics must be the absolute path of a socket, or a loopback address with a port"
                .into(),
        )),
    }
}

impl Location {
    /// As people are told where it is.
    pub fn url(&self) -> String {
        match self {
            Self::Directory(path) => format!("file://{}", path.display()),
            Self::S3(s3) => format!("s3://{}/{} at {}", s3.bucket, s3.prefix, s3.endpoint),
        }
    }

    /// Whether it is a directory of this host.
    pub fn is_directory(&self) -> bool {
        matches!(self, Self::Directory(_))
    }

    fn new(crawler: &sluice_site::Crawler) -> Result<Self, ConfigError> {
        if let Some(path) = crawler.store.strip_prefix("file://") {
            if !path.starts_with('/') || path == "/" {
                return Err(ConfigError("store = \"file://…\" needs an absolute directory".into()));
            }
            return Ok(Self::Directory(path.into()));
        }
        let Some(place) = crawler.store.strip_prefix("s3://") else {
            return Err(ConfigError("store must begin with file:// or s3://".into()));
        };
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        if bucket.is_empty() {
            return Err(ConfigError("store = \"s3://…\" needs a bucket".into()));
        }
        let needed = |value: &Option<String>, key: &str| {
            value.clone().ok_or_else(|| ConfigError(format!("an s3:// store needs {key}")))
        };
        let endpoint = needed(&crawler.endpoint, "endpoint")?;
        if endpoint.starts_with("http://") && !crawler.allow_http {
            return Err(ConfigError("an http:// endpoint needs allow-http = true".into()));
        }
        Ok(Self::S3(S3 {
            endpoint,
            region: needed(&crawler.region, "region")?,
            bucket: bucket.to_owned(),
            prefix: prefix.trim_matches('/').to_owned(),
            allow_http: crawler.allow_http,
            ca: crawler.ca.as_deref().map(authority).transpose()?,
            proxy: crawler.proxy.clone(),
            keys: match crawler.credentials.as_deref() {
                Some(path) => Keys::Static(Credentials::read(&placed(path)?)?),
                None => Keys::Environment,
            },
        }))
    }
}

/// A bare name is a credential that systemd hands over (`LoadCredential=`).
fn placed(path: &Path) -> Result<PathBuf, ConfigError> {
    if path.is_absolute() {
        return Ok(path.to_owned());
    }
    let dir = env::var_os("CREDENTIALS_DIRECTORY").ok_or_else(|| {
        ConfigError(format!(
            "credentials = {path:?} is a systemd credential, and systemd handed over none: give the \
             unit LoadCredential={}:FILE, or name an absolute path",
            path.display()
        ))
    })?;
    Ok(Path::new(&dir).join(path))
}

fn authority(path: &Path) -> Result<Vec<u8>, ConfigError> {
    read_trusted(path, MAX_AUTHORITY).map_err(|error| ConfigError(format!("ca: {error}")))
}

impl Credentials {
    /// Reads a file that root or this process's account owns and nobody else may read.
    fn read(path: &Path) -> Result<Self, ConfigError> {
        let file = open_trusted_file(path, Trust::SECRET.or_owner(geteuid().as_raw()))
            .map_err(|error| ConfigError(format!("credentials: {error}")))?;
        let bytes = read_limited(file, MAX_CREDENTIALS)
            .map_err(|error| ConfigError(format!("credentials: {}: {error}", path.display())))?;
        // The parser's own words would repeat the secret.
        toml::from_slice(&bytes).map_err(|_| {
            ConfigError(format!("{} must hold access-key and secret-key", path.display()))
        })
    }
}
