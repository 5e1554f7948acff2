//! Whether nobody but sealed jobs runs on a node, where the site says so (`sandbox.exclusive`).

use std::fs;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use sluice_protocol::Mode;
use sluice_site::Site;

use super::Findings;

/// Accounts below are the system's.
pub(super) const FIRST_USER: u32 = 1000;
/// So are these, nobody among them.
const RESERVED: Range<u32> = 60_000..65_536;

const REMEDY: &str = "let no one log in or run other jobs here; or take sandbox.exclusive out of \
                      sluice.toml and accept visible-by-number";

pub(super) fn check(site: &Site, mode: Option<Mode>, findings: &mut Findings) {
    if !site.sandbox.exclusive {
        return;
    }
    if site.scope.is_some() {
        findings.fail("sandbox.exclusive is set, and [scope] lets other jobs run unsealed", REMEDY);
    }
    if let Some(mode @ (Mode::Off | Mode::Observe)) = mode {
        let what = format_args!("sandbox.exclusive is set, and mode={} seals no job", mode.word());
        findings.warn(what, "it holds from mode=confine on");
    }
    for (uid, name) in unsealed(site.service().map(|ids| ids.0).ok()) {
        let what = format_args!("sandbox.exclusive is set, and uid {uid} runs {name} unsealed");
        findings.warn(what, REMEDY);
    }
}

/// One process each of ordinary users that is in no sealed job's user namespace.
fn unsealed(service: Option<u32>) -> Vec<(u32, String)> {
    let space = |process: &Path| {
        fs::metadata(process.join("ns/user")).ok().map(|meta| (meta.dev(), meta.ino()))
    };
    let own = space(Path::new("/proc/self"));
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let mut found: Vec<(u32, String)> = processes
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().bytes().all(|it| it.is_ascii_digit()))
        .filter_map(|entry| {
            let (process, uid) = (entry.path(), entry.metadata().ok()?.uid());
            let ordinary = uid >= FIRST_USER && !RESERVED.contains(&uid) && Some(uid) != service;
            (ordinary && space(&process) == own)
                .then(|| fs::read_to_string(process.join("comm")).ok())
                .flatten()
                .map(|name| (uid, name.trim_end().escape_debug().to_string()))
        })
        .collect();
    found.sort();
    found.dedup_by_key(|(uid, _)| *uid);
    found
}
