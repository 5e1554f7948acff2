//! The allowlist in force.

use std::path::Path;

use sluice_policy::time::format;
use sluice_site::Site;
use sluice_site::paths::STATE;
use sluice_site::sets::Sets;
use time::{Duration, OffsetDateTime};

use super::Findings;

/// What is left when a warning starts.
const SOON: Duration = Duration::days(14);

pub(super) fn check(site: &Site, root: bool, findings: &mut Findings) {
    if !root {
        // Only root may keep verified sets and know the highest serial.
        return;
    }
    let now = OffsetDateTime::now_utc();
    let set = match Sets::open(site, Path::new(STATE)).and_then(|sets| sets.current(now)) {
        Ok(set) => set,
        Err(error) => {
            let remedy = "run sluice allowlist verify where the set was made, and publish it again";
            findings.fail(error, remedy);
            return;
        }
    };
    if let Some(why) = set.passed_over() {
        findings.fail(
            format_args!("the published allowlist is passed over: {why}"),
            format_args!("serial {} stays in force; publish a set that verifies", set.serial()),
        );
    }
    let what = format!("the allowlist {} is valid until {}", set.serial(), format(set.expires()));
    if set.expires() - now < SOON {
        let remedy = "let a controller run sluice allowlist sign --index --renew, and publish";
        findings.warn(what, remedy);
    } else {
        findings.ok(what);
    }
}
