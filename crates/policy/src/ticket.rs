//! Tickets: how a step proves that it was started inside its job.
//!
//! `1.JOB.RESTART.START.MAC`; the MAC, HMAC-SHA-256 under the cluster's step key in hexadecimal
//! digits, covers these and all else in [`Claims`]. The ticket lies where only the job sees it.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::digest::Digest;

/// Fewest and most bytes of a step key.
pub const KEY_BYTES: std::ops::RangeInclusive<usize> = 32..=1024;
/// Upper bound of a ticket, in bytes.
pub const MAX_BYTES: usize = 256;

/// What a ticket is about: one incarnation of an admitted job.
#[derive(Clone, Copy, Debug)]
pub struct Claims<'a> {
    /// Cluster.
    pub cluster: &'a str,
    /// Job id.
    pub job: u32,
    /// How often it was requeued.
    pub restart: u32,
    /// Slurm's start time of this incarnation, in seconds since the epoch.
    pub start: i64,
    /// The job's user.
    pub uid: u32,
    /// Digest of the bundle.
    pub digest: Digest,
    /// The sealed run directory.
    pub sealed: &'a str,
}

/// Why a ticket doesn't count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// It isn't one, or was not made with the key for this job.
    #[error("the ticket was not made on this cluster for this job")]
    Forged,
    /// Of another job.
    #[error("the ticket is that of another job")]
    OtherJob,
    /// Of an earlier start of the same job.
    #[error("the ticket is that of an earlier start of the job")]
    Earlier,
}

impl Claims<'_> {
    /// The ticket.
    pub fn issue(&self, key: &[u8]) -> String {
        let mut ticket = format!("1.{}.{}.{}.", self.job, self.restart, self.start);
        for byte in self.mac(key).finalize().into_bytes() {
            // Writing to a string can't fail.
            let _ = write!(ticket, "{byte:02x}");
        }
        ticket
    }

    /// Whether a ticket was issued for these claims.
    pub fn check(&self, key: &[u8], ticket: &str) -> Result<(), TicketError> {
        let parts: Vec<&str> = ticket.split('.').collect();
        let [_version @ "1", job, restart, start, mac] = parts[..] else {
            return Err(TicketError::Forged);
        };
        if job != self.job.to_string() {
            return Err(TicketError::OtherJob);
        }
        if restart != self.restart.to_string() || start != self.start.to_string() {
            return Err(TicketError::Earlier);
        }
        // Digits in one spelling only, compared in constant time.
        let mac = Digest::from_hex(mac).map_err(|_| TicketError::Forged)?;
        self.mac(key).verify_slice(mac.as_bytes()).map_err(|_| TicketError::Forged)
    }

    fn mac(&self, key: &[u8]) -> Hmac<Sha256> {
        let Self { cluster, job, restart, start, uid, digest, sealed } = self;
        let mut mac = keyed(key);
        // Lengths, so that no two claims have the same bytes.
        let text = format!(
            "sluice-step@v1 {}:{cluster} {job} {restart} {start} {uid} {digest} {}:{sealed}",
            cluster.len(),
            sealed.len()
        );
        mac.update(text.as_bytes());
        mac
    }
}

/// The MAC of a file that the service account keeps for the nodes of a job.
pub fn authenticate_file(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut mac = keyed(key);
    mac.update(FILE);
    mac.update(bytes);
    mac.finalize().into_bytes().to_vec()
}

/// Whether [`authenticate_file`] made this MAC.
pub fn is_authentic_file(key: &[u8], bytes: &[u8], seal: &[u8]) -> bool {
    let mut mac = keyed(key);
    mac.update(FILE);
    mac.update(bytes);
    mac.verify_slice(seal).is_ok()
}

/// Keeps files and tickets apart.
const FILE: &[u8] = b"sluice-job-file@v1 ";

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = &[7; 32];

    fn claims() -> Claims<'static> {
        Claims {
            cluster: "lab",
            job: 7,
            restart: 1,
            start: 1_782_900_000,
            uid: 5001,
            digest: Digest::of(b"bundle"),
            sealed: "/sealed/lab/7.1/run",
        }
    }

    #[test]
    fn only_the_very_same_claims_and_key_check() {
        let ticket = claims().issue(KEY);
        assert!(ticket.len() <= MAX_BYTES);
        assert_eq!(claims().check(KEY, &ticket), Ok(()));
        assert_eq!(claims().check(&[8; 32], &ticket), Err(TicketError::Forged));
        for (other, error) in [
            (Claims { job: 8, ..claims() }, TicketError::OtherJob),
            (Claims { restart: 2, ..claims() }, TicketError::Earlier),
            (Claims { start: 1_782_900_001, ..claims() }, TicketError::Earlier),
            (Claims { cluster: "lab2", ..claims() }, TicketError::Forged),
            (Claims { uid: 5002, ..claims() }, TicketError::Forged),
            (Claims { digest: Digest::of(b"other"), ..claims() }, TicketError::Forged),
            (Claims { sealed: "/sealed/lab/7.1/run2", ..claims() }, TicketError::Forged),
        ] {
            assert_eq!(other.check(KEY, &ticket), Err(error), "{other:?}");
        }
    }

    #[test]
    fn nothing_else_is_a_ticket() {
        let ticket = claims().issue(KEY);
        let (head, mac) = ticket.rsplit_once('.').unwrap();
        for bad in [
            String::new(),
            "1.7.1.1782900000".into(),
            format!("{head}."),
            format!("{head}.{}", "0".repeat(64)),
            format!("{head}.{}", mac.to_uppercase()),
            format!("{head}.{}", &mac[..62]),
            format!("2{}", &ticket[1..]),
            format!("{ticket}."),
            format!("{ticket} "),
        ] {
            assert_eq!(claims().check(KEY, &bad), Err(TicketError::Forged), "{bad}");
        }
    }

    #[test]
    fn a_file_has_no_tickets_mac() {
        let seal = authenticate_file(KEY, b"text");
        assert!(is_authentic_file(KEY, b"text", &seal));
        assert!(!is_authentic_file(KEY, b"texT", &seal));
        assert!(!is_authentic_file(&[8; 32], b"text", &seal));
        assert!(!is_authentic_file(KEY, b"text", &seal[1..]));
    }
}
