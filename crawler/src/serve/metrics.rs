//! Counts for whoever watches the service, as OpenMetrics text over a Unix socket or a loopback
//! port.

use std::{
    fmt::Write as _, io, net::SocketAddr, os::unix::fs::PermissionsExt, path::Path,
    sync::atomic::AtomicU64, time::Duration,
};

use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};
use time::OffsetDateTime;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, UnixListener},
    time::{sleep, timeout},
};

use crate::{
    config::Endpoint,
    ledger::{LedgerError, Standing},
};

/// Upper bounds of the latency's buckets, in seconds.
const LATENCY: [f64; 10] = [0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 300.0, 3600.0, 86400.0];
/// Whoever asks has this long.
const PATIENCE: Duration = Duration::from_secs(5);
/// After one that couldn't be let in, for want of a descriptor.
const PAUSE: Duration = Duration::from_secs(1);
/// Longest question, in bytes.
const MAX_QUESTION: usize = 8 << 10;

/// The place, taken.
#[derive(Debug)]
pub enum Listener {
    /// See [`Endpoint::Socket`].
    Socket(UnixListener),
    /// See [`Endpoint::Port`].
    Port(TcpListener),
}

/// What is counted.
pub struct Metrics {
    registry: Registry,
    runs: Family<[(&'static str, &'static str); 1], Gauge>,
    errors: Family<[(&'static str, String); 1], Counter>,
    bytes: Counter,
    latency: Histogram,
    success: Gauge<f64, AtomicU64>,
    unattested: Gauge,
    held: Family<[(&'static str, &'static str); 1], Gauge>,
    waiting: Gauge<f64, AtomicU64>,
    scanned: Gauge<f64, AtomicU64>,
    up: Gauge,
}

impl Metrics {
    /// Nothing counted yet.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("sluice_crawler");
        let runs = Family::default();
        registry.register("runs", "Runs by state", runs.clone());
        let errors = Family::default();
        registry.register("errors", "Tries that failed, by code", errors.clone());
        let bytes = Counter::default();
        registry.register_with_unit(
            "published",
            "Bytes of published files",
            Unit::Bytes,
            bytes.clone(),
        );
        let latency = Histogram::new(LATENCY);
        registry.register_with_unit(
            "end_to_published",
            "Time from a job's end to its manifest",
            Unit::Seconds,
            latency.clone(),
        );
        let success = Gauge::default();
        registry.register_with_unit(
            "last_published_timestamp",
            "When a run was last published, since 1970",
            Unit::Seconds,
            success.clone(),
        );
        let unattested = Gauge::default();
        registry.register(
            "unattested",
            "1 where runs are published that nobody attested",
            unattested.clone(),
        );
        let held = Family::default();
        registry.register("held_runs", "Held runs by code", held.clone());
        let [waiting, scanned] = [
            ("oldest_waiting_timestamp", "When the run that waits longest was found, since 1970"),
            ("last_scan_timestamp", "When a scan last went well, since 1970"),
        ]
        .map(|(name, help)| {
            let gauge = Gauge::default();
            registry.register_with_unit(name, help, Unit::Seconds, gauge.clone());
            gauge
        });
        let up = Gauge::default();
        registry.register("up", "1 while every part works", up.clone());
        Self {
            registry,
            runs,
            errors,
            bytes,
            latency,
            success,
            unattested,
            held,
            waiting,
            scanned,
            up,
        }
    }

    /// Says whether runs are published that nobody attested.
    pub fn warn_of_unattested(&self, published: bool) {
        self.unattested.set(published.into());
    }

    /// A run of `bytes` bytes that ended at `ended` was published `now`.
    pub fn published(&self, bytes: u64, ended: OffsetDateTime, now: OffsetDateTime) {
        self.bytes.inc_by(bytes);
        self.latency.observe((now - ended).as_seconds_f64().max(0.0));
        self.success.set(now.unix_timestamp() as f64);
    }

    /// Says whether every part works.
    pub fn note_health(&self, well: bool) {
        self.up.set(well.into());
    }

    /// A try failed.
    pub fn failed(&self, code: &str) {
        self.errors.get_or_create(&[("code", code.to_owned())]).inc();
    }

    /// The text; `standing` is the ledger's. What that can't say isn't there.
    fn text(&self, standing: Result<Standing, LedgerError>) -> String {
        self.runs.clear();
        self.held.clear();
        let Standing { states, held, waiting_since, scanned } = standing.unwrap_or_default();
        for (state, count) in states {
            self.runs.get_or_create(&[("state", state.word())]).set(count);
        }
        for (code, count) in held {
            self.held.get_or_create(&[("code", code)]).set(count);
        }
        self.waiting.set(seconds(waiting_since));
        self.scanned.set(seconds(scanned));
        let mut text = String::new();
        // Writing into a string doesn't fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// Answers whoever asks, for ever; `standing` is asked for each.
    pub async fn serve(
        &self,
        listener: &Listener,
        standing: impl AsyncFn() -> Result<Standing, LedgerError>,
    ) {
        let text = async || self.text(standing().await);
        loop {
            match listener {
                Listener::Socket(listener) => match listener.accept().await {
                    Ok((stream, _)) => answer(stream, &text).await,
                    Err(_) => sleep(PAUSE).await,
                },
                Listener::Port(listener) => match listener.accept().await {
                    Ok((stream, _)) => answer(stream, &text).await,
                    Err(_) => sleep(PAUSE).await,
                },
            }
        }
    }
}

impl Listener {
    /// Takes the place where the counts are to be had.
    pub fn bind(endpoint: &Endpoint) -> io::Result<Self> {
        let bound = match endpoint {
            Endpoint::Socket(path) => bind_socket(path).map(Self::Socket),
            Endpoint::Port(address) => bind_port(*address).map(Self::Port),
        };
        bound.map_err(|error| {
            io::Error::other(format!("metrics can't be served at {endpoint:?}: {error}"))
        })
    }
}

fn bind_socket(path: &Path) -> io::Result<UnixListener> {
    // Left by a crawler that was killed: the ledger's lock says that none is running.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o660))?;
    Ok(listener)
}

fn bind_port(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// Seconds since 1970; 0 for none.
fn seconds(time: Option<String>) -> f64 {
    let time = time.and_then(|time| sluice_policy::time::parse(&time).ok());
    time.map_or(0.0, |time| time.unix_timestamp() as f64)
}

/// One question after the other: there is one who asks, every few seconds.
async fn answer(stream: impl AsyncRead + AsyncWrite + Unpin, text: &impl AsyncFn() -> String) {
    // Whoever goes away or dawdles gets none.
    let _ = timeout(PATIENCE, converse(stream, text)).await;
}

async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    text: &impl AsyncFn() -> String,
) -> io::Result<()> {
    let mut question = Vec::new();
    while !question.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut chunk = [0; 1024];
        let length = stream.read(&mut chunk).await?;
        if length == 0 || question.len() > MAX_QUESTION {
            return Ok(());
        }
        question.extend_from_slice(&chunk[..length]);
    }
    let body = text().await;
    let mut reply = String::new();
    let _ = write!(
        reply,
        "HTTP/1.1 200 OK\r\nContent-Type: application/openmetrics-text; version=1.0.0; \
         charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(reply.as_bytes()).await?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::State;

    #[tokio::test]
    async fn text_is_openmetrics() {
        let metrics = Metrics::new();
        let now = OffsetDateTime::UNIX_EPOCH + Duration::from_secs(100);
        metrics.published(7, now - Duration::from_secs(2), now);
        metrics.failed("store-unavailable");
        metrics.warn_of_unattested(true);
        let (mut client, server) = tokio::io::duplex(1 << 16);
        client.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").await.unwrap();
        let text = async || {
            metrics.text(Ok(Standing {
                states: vec![(State::Held, 3)],
                held: [("revoked", 3)].into(),
                waiting_since: Some("1970-01-01T00:01:00Z".into()),
                scanned: Some("1970-01-01T00:02:00Z".into()),
            }))
        };
        answer(server, &text).await;
        let mut said = String::new();
        client.read_to_string(&mut said).await.unwrap();
        for line in [
            "sluice_crawler_runs{state=\"held\"} 3",
            "sluice_crawler_errors_total{code=\"store-unavailable\"} 1",
            "sluice_crawler_published_bytes_total 7",
            "sluice_crawler_end_to_published_seconds_bucket{le=\"2.5\"} 1",
            "sluice_crawler_last_published_timestamp_seconds 100.0",
            "sluice_crawler_unattested 1",
            "sluice_crawler_held_runs{code=\"revoked\"} 3",
            "sluice_crawler_oldest_waiting_timestamp_seconds 60.0",
            "sluice_crawler_last_scan_timestamp_seconds 120.0",
            "sluice_crawler_up 0",
            "# EOF",
        ] {
            assert!(said.contains(line), "{line} in {said}");
        }
    }
}
