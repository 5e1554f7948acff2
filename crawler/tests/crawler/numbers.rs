//! What is checked of a table's numbers.

use std::fs;

use serde_json::Value;
use sluice_crawler::serve::pass::Pass;
use sluice_policy::digest::Digest;

use crate::world::{World, pass, seen::assert_held, set::entry};

const MANIFEST: &str = "pre/fix/alice/box-lab-7.0/manifest.json";

/// An entry whose tables have counts.
fn counting() -> String {
    const COUNTS: &str = "extra-columns = true
[output.counts]\ncolumns = [\"n\"]\nminimum = 10\nlabels = [\"g\"]\n";
    let text = entry("count").replace("format = 1", "format = 2");
    text.replace("max-rows = 3\n", &format!("max-rows = 3\n{COUNTS}"))
}

fn world(table: &[u8]) -> Option<World> {
    let (world, entry) = (World::new()?, counting());
    world.publish_set(2, &[("entries/count@1.toml", &entry)]);
    let run = world.run(7, "box").file("results.csv", table).file("plots/a.txt", b"hello\n");
    run.but(|it| {
        it.basis.serial = 2;
        it.basis.entry_digest = Digest::of(entry.as_bytes());
    })
    .attest();
    Some(world)
}

#[test]
fn the_manifest_says_what_was_checked() {
    let Some(world) = world(b"g,n\nA,20\n") else { return };
    assert_eq!(pass(&world), Pass { published: 1, ..Pass::default() });
    let published = world.published();
    let manifest: Value = serde_json::from_slice(&published[MANIFEST]).unwrap();
    let checked = &manifest["files"][0]["disclosure"];
    assert_eq!(checked[0]["rule"], "counts");
    assert_eq!(checked[0]["risk"], "https://www.w3id.org/statbarnsdc#LowCount");
    assert_eq!(checked[0]["parameters"]["minimum"], "10");
    assert_eq!(checked[0]["result"], "passed");
    assert_eq!(manifest["files"][1].get("disclosure"), None);
    // With its ledger lost, the run is found again as it is.
    for file in ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"] {
        let _ = fs::remove_file(world.at("state").join(file));
    }
    assert_eq!(pass(&world), Pass { published: 1, ..Pass::default() });
    assert_eq!(world.published(), published);
}

#[test]
fn a_small_count_holds_the_run() {
    let Some(world) = world(b"g,n\nA,3\n") else { return };
    assert_eq!(pass(&world), Pass { held: 1, ..Pass::default() });
    assert_held(&world, 7, "count-small");
}
