//! A large file, part by part.

use std::{fs::File, io::Read};

use sluice_policy::digest::Hasher;

use crate::{
    failpoint,
    judge::{
        ended::ResultFile,
        sealed::{changed, unreadable},
    },
    outcome::Stop,
    store::Upload,
};

/// Files up to this many bytes are sent in one piece, larger ones in parts of it.
pub(super) const PART: usize = 8 << 20;

/// Sends all parts, which may be completed only if they were the attested bytes.
pub(super) async fn send_parts(
    upload: &mut Upload,
    mut source: File,
    file: &ResultFile,
    run_id: &str,
) -> Result<(), Stop> {
    let mut hasher = Hasher::default();
    let mut sent = 0;
    loop {
        let mut part = Vec::with_capacity(PART);
        source
            .by_ref()
            .take(PART as u64)
            .read_to_end(&mut part)
            .map_err(|error| unreadable(&file.path, &error))?;
        if part.is_empty() {
            break;
        }
        hasher.update(&part);
        sent += part.len() as u64;
        if sent > file.bytes {
            return Err(changed());
        }
        upload.part(part).await?;
        failpoint::reached("part-sent", run_id);
    }
    if sent != file.bytes || hasher.finish() != file.digest {
        return Err(changed());
    }
    Ok(())
}
