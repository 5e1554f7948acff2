//! `sluice-crawler`: see `sluice-crawler --help`.

mod command;

use std::{io::IsTerminal, path::Path, process::ExitCode};

use clap::{ArgGroup, Parser, Subcommand};
use sluice_crawler::{
    config::Config,
    ledger::{Ledger, LedgerError, Reader, journal::Journal},
    serve::{
        crawler::Crawler, daemon, health::Part, metrics::Listener, preflight::preflight,
        signals::Signals, withdraw::Request,
    },
    store::Store,
};
use sluice_policy::openssh;
use sluice_site::{
    Site,
    audit::Audit,
    exit::{self, Exit, Failure, Result},
    paths,
};
use sluice_sys::trusted::read_trusted;
use ssh_key::PublicKey;

use crate::command::{report, service, withdrawal};

/// Where the crawler keeps its ledger, its audit log and the allowlist sets it has verified.
const STATE: &str = "/var/lib/sluice/crawler";
/// Threads that read, hash and write files.
const BLOCKING: usize = 32;
/// Upper bound of a public key, in bytes.
const MAX_KEY: usize = 4096;

/// Publishes attested, releasable results to an object store.
#[derive(Parser)]
#[command(
    version,
    after_help = "Configured by /etc/sluice/sluice.toml, section [crawler].
Started as root it becomes the service account first."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Look at every run once; exit 1 if any is held
    Once {
        /// Print a JSON object
        #[arg(long)]
        json: bool,
        /// First compare what the tutorial's cron script left with the bucket, and report it
        #[arg(long)]
        adopt: bool,
        /// Then read what the store has of all runs back into a ledger that was lost or restored
        #[arg(long)]
        rebuild: bool,
    },
    /// Keep publishing until SIGTERM; SIGHUP has the configuration read again
    Run,
    /// Say where the runs stand
    Status {
        /// Print a JSON object
        #[arg(long)]
        json: bool,
        /// Only this run
        run: Option<String>,
    },
    /// Check the configuration, and try what the first run needs without publishing anything
    Validate {
        /// Print a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Take published results back and leave a tombstone in their place
    #[command(group(ArgGroup::new("which").required(true)))]
    Withdraw {
        /// The run's id, as `status` and the manifest spell it
        #[arg(group = "which")]
        run: Option<String>,
        /// All published runs of the bundle with this digest
        #[arg(long, group = "which", value_name = "DIGEST")]
        digest: Option<String>,
        /// The reason, which everybody may read
        #[arg(long)]
        why: String,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_max_level(tracing::Level::INFO)
        .init();
    exit::end("sluice-crawler", work(cli.command))
}

fn work(command: Command) -> Result<Exit> {
    let caller = service::caller();
    let config = load()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING)
        .build()
        .map_err(Failure::environment)?;
    match command {
        Command::Status { json, run } => {
            let reader = Reader::open(&config.state).map_err(Failure::environment)?;
            report::status(&config, &reader, run.as_deref(), json).map_err(Failure::environment)
        }
        Command::Once { json, adopt, rebuild } => {
            let crawler = open(config)?;
            if adopt {
                let adopted = runtime.block_on(crawler.adopt()).map_err(Failure::environment)?;
                report::adopted(&adopted, json).map_err(Failure::environment)?;
            }
            let pass = runtime.block_on(crawler.pass()).map_err(Failure::environment)?;
            if rebuild {
                let read = runtime.block_on(crawler.rebuild()).map_err(Failure::environment)?;
                tracing::info!("{read} runs were read back from the store");
            }
            report::pass(&pass, json).map_err(Failure::environment)
        }
        Command::Run => runtime.block_on(serve(config)),
        Command::Validate { json } => {
            cluster_key(&config)?;
            let store = Store::open(&config.location).map_err(Failure::configuration)?;
            let (honours, faults) = runtime.block_on(preflight(&config, &store));
            report::validated(&config, honours, &faults, json).map_err(Failure::environment)
        }
        Command::Withdraw { run, digest, why } => runtime.block_on(async {
            let runs = withdrawal::runs(&config, run, digest).await?;
            let request = Request { format: 1, runs, why, by: caller };
            withdrawal::withdraw(config, &request).await
        }),
    }
}

/// The configuration, read as root where possible; the process is the service account's then.
fn load() -> Result<Config> {
    let site = Site::load().map_err(Failure::configuration)?;
    let (uid, gid) = site.service().map_err(Failure::configuration)?;
    service::become_account(uid, gid).map_err(Failure::not_permitted)?;
    Config::new(site, Path::new(paths::ETC), Path::new(STATE)).map_err(Failure::configuration)
}

/// The daemon, from one reading of its configuration to the next.
async fn serve(config: Config) -> Result<Exit> {
    let mut signals = Signals::catch().map_err(Failure::environment)?;
    let mut crawler = open(config)?;
    let mut listener = listener(&crawler.config)?;
    loop {
        let reload = || {
            let health = &crawler.health;
            match reread(&crawler) {
                Ok(new) => {
                    health.works(Part::Configuration);
                    new
                }
                Err(failure) => {
                    let why = format!("it stays as it was: {failure}");
                    health.failed(Part::Configuration, why);
                    None
                }
            }
        };
        let ended = daemon::run(&crawler, listener.as_ref(), &mut signals, reload).await;
        let Some((new, moved)) = ended.map_err(Failure::environment)? else {
            return Ok(Exit::Ok);
        };
        listener = moved.unwrap_or(listener);
        crawler = crawler.under(new.config, new.ca, new.store);
    }
}

/// Another configuration, and its listener where that is another one, too.
type Reread = (Opened, Option<Option<Listener>>);

/// The configuration as it is now, if it has changed. Whatever can fail about it fails here, where
/// the one before is still at work.
fn reread(crawler: &Crawler) -> Result<Option<Reread>> {
    let config = load()?;
    if config == *crawler.config && cluster_key(&config)? == *crawler.ca {
        tracing::info!("the configuration has not changed");
        return Ok(None);
    }
    let opened = Opened::new(config)?;
    let same = opened.config.metrics == crawler.config.metrics;
    let moved = if same { None } else { Some(listener(&opened.config)?) };
    Ok(Some((opened, moved)))
}

fn listener(config: &Config) -> Result<Option<Listener>> {
    config.metrics.as_ref().map(Listener::bind).transpose().map_err(Failure::environment)
}

/// A configuration with what it names.
struct Opened {
    config: Config,
    ca: PublicKey,
    store: Store,
}

impl Opened {
    fn new(config: Config) -> Result<Self> {
        if !config.require_attestation {
            tracing::warn!("{}", report::UNATTESTED);
        }
        let ca = cluster_key(&config)?;
        let store = Store::open(&config.location).map_err(Failure::configuration)?;
        Ok(Self { config, ca, store })
    }
}

fn open(config: Config) -> Result<Crawler> {
    let locked = LedgerError::Locked(config.state.display().to_string());
    open_unlocked(config)?.ok_or_else(|| Failure::environment(locked))
}

/// None where another crawler has the ledger.
fn open_unlocked(config: Config) -> Result<Option<Crawler>> {
    let Opened { config, ca, store } = Opened::new(config)?;
    let ledger = match Ledger::open(&config.state) {
        Err(LedgerError::Locked(_)) => return Ok(None),
        ledger => ledger.map_err(Failure::environment)?,
    };
    let audit = Audit::open(&config.state.join("audit.jsonl")).map_err(Failure::environment)?;
    let journal = Journal::start(audit).map_err(Failure::environment)?;
    Ok(Some(Crawler::new(config, ca, store, ledger, journal)))
}

fn cluster_key(config: &Config) -> Result<PublicKey> {
    let key = config.etc.join("keys/cluster.pub");
    let key = read_trusted(&key, MAX_KEY).map_err(Failure::configuration)?;
    openssh::public_key(&String::from_utf8_lossy(&key))
        .ok_or_else(|| Failure::configuration("keys/cluster.pub is no OpenSSH public key"))
}
