//! `sluice keys`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use time::OffsetDateTime;

#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Say whose keys may sign what, until when, and in which role
    List {
        /// Who may sign
        #[arg(long, value_name = "FILE", default_value = sluice_site::paths::ALLOWED_SIGNERS)]
        signers: PathBuf,
        /// The site's configuration, with the roles
        #[arg(long, value_name = "FILE", default_value = sluice_site::paths::CONFIG)]
        config: PathBuf,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a key pair with ssh-keygen, which asks for a passphrase
    New(NewKey),
    /// Let a key sign for a principal
    Add(AddKey),
    /// Give a key an end; it doesn't take back what the key has signed
    Retire(RetireKey),
}

#[derive(Args)]
pub(crate) struct NewKey {
    /// File for the private key; the public one gets the ending .pub
    pub(crate) file: PathBuf,
    /// Whose it is
    #[arg(long = "as", value_name = "PRINCIPAL")]
    pub(crate) principal: String,
    /// Keep it on a security key, which is touched for every signature
    #[arg(long)]
    pub(crate) security_key: bool,
}

#[derive(Args)]
pub(crate) struct AddKey {
    /// The public key
    pub(crate) key: PathBuf,
    /// Who signs with it
    #[arg(long = "as", value_name = "PRINCIPAL")]
    pub(crate) principal: String,
    /// What it may sign
    #[arg(long, value_enum, value_delimiter = ',', required = true)]
    pub(crate) to: Vec<Purpose>,
    /// Not valid before
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) from: Option<OffsetDateTime>,
    /// Not valid from then on
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) until: Option<OffsetDateTime>,
    /// The list to change
    #[arg(long, value_name = "FILE", default_value = sluice_site::paths::ALLOWED_SIGNERS)]
    pub(crate) signers: PathBuf,
}

#[derive(Args)]
pub(crate) struct RetireKey {
    /// The key's fingerprint, `SHA256:…`
    pub(crate) fingerprint: String,
    /// When it ends
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) at: OffsetDateTime,
    /// The list to change
    #[arg(long, value_name = "FILE", default_value = sluice_site::paths::ALLOWED_SIGNERS)]
    pub(crate) signers: PathBuf,
}

/// What a key may sign.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Purpose {
    /// Entries and revocations
    Entry,
    /// Indexes: putting sets in force
    Index,
}

fn time(text: &str) -> Result<OffsetDateTime, sluice_policy::time::TimeError> {
    sluice_policy::time::parse(text)
}
