//! Signed allowlist sets.

use sluice_policy::digest::Digest;
use sluice_testing::Draft;
use time::{Duration, OffsetDateTime};

use super::World;

/// Content of the bundle that every run ran.
pub(super) const BUNDLE: &[u8] = b"bundle";

impl World {
    /// Publishes a set of files that the controller has signed.
    pub(crate) fn publish_set(&self, serial: u64, files: &[(&str, &str)]) {
        self.publish_set_until(serial, files, OffsetDateTime::now_utc() + Duration::days(1));
    }

    pub(crate) fn publish_set_until(
        &self,
        serial: u64,
        files: &[(&str, &str)],
        expires: OffsetDateTime,
    ) {
        let mut draft = Draft { expires, ..Draft::new(serial) };
        for (name, text) in files {
            draft.add(&self.keys(), name, text, &["controller@lab"]);
        }
        draft.publish(&self.keys(), "index@lab", &self.at("etc/allowlist"));
    }

    /// Takes something back with set 2.
    pub(crate) fn revoke(&self, what: &str) {
        let revoked = format!(
            "format = 1\n[[{what}\nwhy = \"a wrong filter\"\nat = \"2026-07-01T12:00:00Z\"\n"
        );
        self.publish_set(
            2,
            &[("entries/count@1.toml", &entry("count")), ("revoked.toml", &revoked)],
        );
    }

    pub(crate) fn revoke_bundle(&self) {
        self.revoke(&format!("digest]]\ndigest = \"{}\"", Digest::of(BUNDLE)));
    }
}

/// An entry with a rule for everything that the tests need.
pub(crate) fn entry(name: &str) -> String {
    let output = |glob: &str, rest: &str| format!("[[output]]\nglob = {glob:?}\n{rest}\n");
    let outputs = [
        output("results.csv", "kind = \"csv\"\nrequired = true\nmax-bytes = 1000\nmax-rows = 3"),
        output("plots/**", "kind = \"text\"\nmax-bytes = 1000\nreview = false"),
        output("big.txt", "kind = \"text\"\nmax-bytes = 50000000\nreview = false"),
        output("look.txt", "kind = \"text\"\nmax-bytes = 1000\nreview = true"),
        output("*.json", "kind = \"json\"\nmax-bytes = 1000"),
    ];
    format!(
        "format = 1\nname = {name:?}\nversion = \"1\"\ndigest = \"{}\"\nengine = \"shell\"
network = \"none\"\nsteps = \"none\"\nstdio = \"sealed\"
[approval]\nby = \"controller@lab\"\nproposal = \"P-1\"\npurpose = \"tests\"
requester = \"alice\"\nat = \"2026-07-01T12:00:00Z\"
[[command]]\nscript = \"#!/bin/bash\\n{{bundle}}/run\\n\"\n{}",
        Digest::of(BUNDLE),
        outputs.concat()
    )
}

/// The entry of the other tests with figures before its other rules.
pub(crate) fn figures() -> String {
    let rule = |glob: &str, kind: &str, rest: &str| {
        format!(
            "[[output]]\nglob = {glob:?}\nkind = {kind:?}\nmax-bytes = 1000\nrasterise = true\n{rest}"
        )
    };
    let figures = rule("plots/*.svg", "svg", "review = false\n")
        + &rule("*.pdf", "pdf", "review = false\n")
        + &rule("look.svg", "svg", "");
    let text = entry("count").replacen("format = 1", "format = 2", 1);
    text.replacen("kind = \"csv\"", "kind = \"csv\"\nextra-columns = true", 1).replacen(
        "[[output]]",
        &(figures + "[[output]]"),
        1,
    )
}
