//! The crawler's unit: `sluice-crawler validate` runs without its bounds, and a unit that isn't
//! enabled is missed only after the next boot.

use std::path::Path;
use std::process::Command;

use sluice_site::Site;

use super::Findings;

const UNIT: &str = "sluice-crawler.service";

/// On a host where systemd has the unit: the crawler's.
pub(super) fn check(site: &Site, findings: &mut Findings) {
    let Some(crawler) = &site.crawler else { return };
    if !Path::new("/run/systemd/system").exists() {
        return;
    }
    let properties = "--property=LoadState,UnitFileState,ProtectSystem,ReadWritePaths";
    let Ok(shown) = Command::new("systemctl").args(["show", UNIT, properties]).output() else {
        return;
    };
    let mut places = vec![site.status.as_path()];
    places.extend(crawler.store.strip_prefix("file://").map(Path::new));
    judge(&String::from_utf8_lossy(&shown.stdout), &places, findings);
}

/// Judges what `systemctl show` says of the unit that has to write in these places.
fn judge(shown: &str, places: &[&Path], findings: &mut Findings) {
    let property = |name: &str| {
        shown
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
            .unwrap_or_default()
    };
    if property("LoadState") != "loaded" {
        return;
    }
    match property("UnitFileState") {
        "enabled" => findings.ok(format_args!("{UNIT} starts with this host")),
        state => findings.warn(
            format_args!("{UNIT} is {state}: after the next boot nothing is published"),
            format_args!("run systemctl enable --now {UNIT}"),
        ),
    }
    if property("ProtectSystem") != "strict" {
        return;
    }
    let writable =
        property("ReadWritePaths").split(' ').map(|path| path.trim_start_matches(['-', '+']));
    let writable: Vec<&str> = writable.filter(|path| !path.is_empty()).collect();
    for place in places {
        if !writable.iter().any(|path| place.starts_with(path)) {
            let place = place.display();
            findings.fail(
                format_args!("{UNIT} may not write in {place}: nothing is published"),
                format_args!(
                    "say ReadWritePaths={place} with systemctl edit {UNIT}, and restart it"
                ),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Level;

    #[test]
    fn a_unit_that_may_not_write_is_found() {
        let places = [Path::new("/srv/sluice/status"), Path::new("/srv/sluice/published")];
        let judged = |state: &str, paths: &str| {
            let mut findings = Findings::default();
            let text = format!(
                "LoadState=loaded\nUnitFileState={state}\nProtectSystem=strict\nReadWritePaths={paths}\n"
            );
            judge(&text, &places, &mut findings);
            findings.0.into_iter().map(|one| (one.level, one.what)).collect::<Vec<_>>()
        };
        let both = "-/srv/sluice/status -/srv/sluice/published";
        assert!(judged("enabled", both).iter().all(|one| one.0 == Level::Ok));
        assert!(judged("disabled", both)[0].0 == Level::Warn);
        let found = judged("enabled", "-/srv/sluice/status");
        assert!(found[1].0 == Level::Fail && found[1].1.contains("/srv/sluice/published"));
        // A longer name is another place.
        assert_eq!(judged("enabled", "/srv/sluice/status /srv/sluice/pub").len(), 2);

        let mut none = Findings::default();
        judge("LoadState=not-found\nUnitFileState=\n", &places, &mut none);
        assert!(none.0.is_empty());
    }

    #[test]
    fn the_packaged_unit_writes_where_the_example_says() {
        let unit = include_str!("../../../../packaging/sluice-crawler.service");
        let shown = format!("LoadState=loaded\nUnitFileState=enabled\n{unit}");
        let site = Site::parse(include_bytes!("../../../../etc/sluice.toml")).unwrap();
        let store = site.crawler.unwrap().store;
        let places = [site.status.as_path(), Path::new(store.strip_prefix("file://").unwrap())];
        let mut findings = Findings::default();
        judge(&shown, &places, &mut findings);
        assert!(findings.0.iter().all(|one| one.level == Level::Ok));
    }
}
