//! Uids that own the jobs' user namespaces: nobody may be able to become one of them, since a
//! namespace's owner has every capability in it, user_namespaces(7).

use std::fs::File;
use std::io;
use std::path::Path;

use serde::Deserialize;
use sluice_sys::read_limited;

use crate::users;
use crate::values::first_and_last;

/// Below lie the uids of accounts, of services and the kernel's own.
const MIN: u32 = 1 << 16;
/// Fewer would soon come round to a job that still runs.
const MIN_COUNT: u32 = 1 << 16;
/// Upper bound of subuid and passwd, in bytes.
const MAX_FILE: usize = 16 << 20;

/// A range, first and last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Uids(u32, u32);

impl Default for Uids {
    /// One for each of the 2^26 job ids that Slurm has. Above what directories map by default (SSSD
    /// and FreeIPA, up to 2,000,200,000) and containers (systemd, up to 1,879,048,191), and below
    /// what systemd keeps for foreign images (from 2,147,352,576 on).
    fn default() -> Self {
        Self(0x7800_0000, 0x7bff_ffff)
    }
}

impl TryFrom<String> for Uids {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match first_and_last(&text) {
            // The last number of all is none to the kernel.
            Some((first, last)) if MIN <= first && last < u32::MAX => match last - first {
                MIN_COUNT.. => Ok(Self(first, last)),
                _ => Err(format!("sandbox.uids: {text} has no more than {MIN_COUNT} uids")),
            },
            _ => Err(format!("sandbox.uids: {text:?} is no range FIRST-LAST from {MIN} on")),
        }
    }
}

impl Uids {
    /// The job's own. Two jobs share one if their ids differ by a multiple of the range's length.
    pub fn of_job(self, job: u32) -> u32 {
        self.0 + job % (self.1 - self.0 + 1)
    }

    /// Who has one of them by the files below `etc`: an account, or somebody who may map it into
    /// containers of their own, subuid(5).
    pub fn in_files(self, etc: &Path) -> io::Result<Option<String>> {
        for (name, counted) in [("passwd", false), ("subuid", true)] {
            let text = match File::open(etc.join(name)) {
                Ok(file) => read_limited(file.into(), MAX_FILE)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            if let Some(who) = self.holder(&String::from_utf8_lossy(&text), counted) {
                return Ok(Some(format!("{who} in {}", etc.join(name).display())));
            }
        }
        Ok(None)
    }

    /// The first line's name that holds one of them: `NAME:FIRST:COUNT`, or `NAME:x:UID`.
    fn holder(self, text: &str, counted: bool) -> Option<&str> {
        text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
            let mut fields = line.split(':');
            let (name, second, third) = (fields.next()?, fields.next()?, fields.next()?);
            let third: u64 = third.parse().ok()?;
            let (first, count) = if counted { (second.parse().ok()?, third) } else { (third, 1) };
            let below = first.saturating_add(count) <= u64::from(self.0);
            (!below && first <= u64::from(self.1) && count > 0).then_some(name)
        })
    }
}

/// The same for a single uid, by the name service, too.
pub fn holder_of(uid: u32, etc: &Path) -> io::Result<Option<String>> {
    match users::name_of(uid) {
        Some(name) => Ok(Some(name)),
        None => Uids(uid, uid).in_files(etc),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_checked() {
        let parse = |text: &str| Uids::try_from(text.to_owned());
        assert_eq!(parse("2013265920-2080374783").unwrap(), Uids::default());
        for bad in ["", "70000", "1000-200000", "70000-80000", "70000-4294967295", "9-8", "a-b"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_job_id_has_its_own_uid() {
        let uids = Uids::default();
        assert_eq!((uids.of_job(0), uids.of_job(0x03ff_ffff)), (uids.0, uids.1));
        assert_eq!(Uids(100_000, 165_536).of_job(65_537), 100_000);
        assert_eq!(Uids(MIN, u32::MAX - 1).of_job(u32::MAX), MIN + MIN);
    }

    #[test]
    fn holders_are_found() {
        let uids = Uids(100_000, 199_999);
        for (text, counted, found) in [
            ("root:x:0:0::/:/bin/sh\na:x:100000:1::/:/bin/sh\n", false, Some("a")),
            ("a:x:99999:1::/:/bin/sh\na:x:200000:1::/:/bin/sh\n+::::::\nx:y\n", false, None),
            ("a:1:99999\nb:200000:65536\nc:150000:0\n# d:150000:1\ne:150000:f\n", true, None),
            ("a:1:100000\n", true, Some("a")),
            ("a:199999:1\n", true, Some("a")),
            ("a:150000:18446744073709551615\n", true, Some("a")),
        ] {
            assert_eq!(uids.holder(text, counted), found, "{text}");
        }
    }

    #[test]
    fn files_are_read_and_may_be_missing() {
        let etc = tempfile::tempdir().unwrap();
        assert_eq!(Uids::default().in_files(etc.path()).unwrap(), None);
        std::fs::write(etc.path().join("subuid"), "alice:2013265925:1\n").unwrap();
        let found = Uids::default().in_files(etc.path()).unwrap().unwrap();
        assert!(found.starts_with("alice in "), "{found}");
        assert!(holder_of(2_013_265_925, etc.path()).unwrap().is_some());
        assert_eq!(holder_of(2_013_265_926, etc.path()).unwrap(), None);
        assert_eq!(holder_of(0, etc.path()).unwrap().as_deref(), Some("root"));
    }
}
