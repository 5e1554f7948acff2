//! `sluice-crawler`: see `sluice-crawler --help`.

mod report;
mod service;

use std::{path::Path, process::ExitCode};

use clap::{Parser, Subcommand};
use sluice_crawler::{
    config::Config,
    crawler::Crawler,
    daemon,
    journal::Journal,
    ledger::{Ledger, Reader},
    store::Store,
};
use sluice_site::{Site, audit::Audit, paths};
use sluice_sys::trusted::read_trusted;
use ssh_key::PublicKey;

use crate::report::Failure;

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
    },
    /// Keep publishing until SIGTERM
    Run,
    /// Say where the runs stand
    Status {
        /// Print a JSON object
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_max_level(tracing::Level::INFO)
        .init();
    match work(cli.command) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn work(command: Command) -> Result<ExitCode, Failure> {
    let site = Site::load().map_err(Failure::configuration)?;
    let (uid, gid) = site.service().map_err(Failure::configuration)?;
    service::become_account(uid, gid).map_err(Failure::permission)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING)
        .build()
        .map_err(Failure::environment)?;
    let (etc, state) = (Path::new(paths::ETC), Path::new(STATE));
    match command {
        Command::Status { json } => {
            let reader = Reader::open(state).map_err(Failure::environment)?;
            report::status(&reader, json).map_err(Failure::environment)
        }
        Command::Once { json } => {
            let crawler = open(Config::new(site, etc, state).map_err(Failure::configuration)?)?;
            let pass = runtime.block_on(crawler.pass()).map_err(Failure::environment)?;
            report::pass(&pass, json).map_err(Failure::environment)
        }
        Command::Run => {
            let config = Config::new(site, etc, state).map_err(Failure::configuration)?;
            let crawler = open(config)?;
            runtime.block_on(daemon::run(&crawler)).map_err(Failure::environment)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn open(config: Config) -> Result<Crawler, Failure> {
    let key = config.etc.join("keys/cluster.pub");
    let key = read_trusted(&key, MAX_KEY).map_err(Failure::configuration)?;
    let key = String::from_utf8_lossy(&key);
    let ca = PublicKey::from_openssh(key.trim()).map_err(Failure::configuration)?;
    let ledger = Ledger::open(&config.state).map_err(Failure::environment)?;
    let audit = Audit::open(&config.state.join("audit.jsonl")).map_err(Failure::environment)?;
    let store = Store::open(&config.location).map_err(Failure::configuration)?;
    let journal = Journal::start(audit).map_err(Failure::environment)?;
    Ok(Crawler::new(config, ca, store, ledger, journal))
}
