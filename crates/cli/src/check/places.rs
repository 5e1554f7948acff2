//! The cluster's shared places: there, with the right owner, closed or open as they must be.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use sluice_site::Site;
use sluice_sys::identity::as_user;
use sluice_sys::trusted::{Trust, open_trusted_dir};

use super::Findings;

pub(super) fn check(site: &Site, root: bool, findings: &mut Findings) {
    let images = site.images.iter().map(|path| ("images", path));
    let places = [("workflows", &site.workflows), ("runtimes", &site.runtimes)];
    for (key, path) in places.into_iter().chain(images) {
        match open_trusted_dir(path, Trust::ROOT) {
            Ok(_) => findings.ok(format_args!("{key} {}", path.display())),
            Err(error) => findings.warn(
                format_args!("{key}: {error}"),
                "what changes there is refused, so let only root write",
            ),
        }
    }
    match fs::metadata(&site.runs) {
        Ok(meta) if meta.is_dir() => findings.ok(format_args!("runs {}", site.runs.display())),
        _ => findings.fail(
            format_args!("runs: {} is no directory", site.runs.display()),
            "make it, with a directory for each user below",
        ),
    }
    let service = match site.service() {
        Ok(service) => service,
        Err(error) => {
            findings.fail(error, "no data set can be shown to a job without it");
            return;
        }
    };
    if !root {
        return;
    }
    status(site, service, findings);
    let data = site.data.iter().map(|(name, set)| (format!("data {name}"), &set.path));
    let places = [
        ("sealed-root".to_owned(), &site.sealed_root),
        ("attestations".to_owned(), &site.attestations),
    ];
    for (key, path) in places.into_iter().chain(data) {
        private(&key, path, service, findings);
    }
}

/// Users read their own file there, whose name they know; they can't list.
fn status(site: &Site, service: (u32, u32), findings: &mut Findings) {
    let path = site.status.display();
    let remedy = format!("run install -d -o {} -m 0711 {path}", site.service_user);
    match fs::metadata(&site.status) {
        Ok(meta) if meta.uid() == service.0 && meta.mode() & 0o777 == 0o711 => {
            findings.ok(format_args!("status {path}"));
        }
        Ok(_) => findings.fail(format_args!("status: {path} has another owner or mode"), remedy),
        Err(error) => findings.fail(format_args!("status: {path}: {error}"), remedy),
    }
}

/// Nobody but root and the service gets in. Looked at as the service: root may be nobody there.
fn private(key: &str, path: &Path, service: (u32, u32), findings: &mut Findings) {
    let shown = path.display();
    let look = |path: &Path| as_user(service.0, service.1, || fs::metadata(path)).flatten();
    let meta = match look(path) {
        Ok(meta) => meta,
        Err(error) => {
            findings.fail(
                format_args!("{key}: the service account can't reach {shown}: {error}"),
                "make it, owned by the service account with mode 0700",
            );
            return;
        }
    };
    let closed = |meta: &Metadata| {
        meta.is_dir() && (meta.uid() == 0 || meta.uid() == service.0) && meta.mode() & 0o077 == 0
    };
    let swappable =
        |meta: &Metadata| (meta.uid() != 0 && meta.uid() != service.0) || meta.mode() & 0o022 != 0;
    if !meta.is_dir() || (meta.uid() != service.0 && meta.uid() != 0) {
        findings.fail(
            format_args!("{key}: {shown} is not a directory of the service account"),
            "name a directory that is for this alone, or correct `service-user` in sluice.toml if it is \
             another account's",
        );
    } else if path.ancestors().skip(1).any(|above| look(above).is_ok_and(|meta| swappable(&meta))) {
        findings.fail(
            format_args!("{key}: somebody else may rename a directory above {shown}"),
            "let only root or the service account write there",
        );
    } else if path.ancestors().any(|at| look(at).is_ok_and(|meta| closed(&meta))) {
        findings.ok(format_args!("{key} {shown}"));
    } else {
        findings.fail(
            format_args!("{key}: {shown} can be reached by everybody"),
            "put it below a directory of the service account with mode 0700",
        );
    }
}
