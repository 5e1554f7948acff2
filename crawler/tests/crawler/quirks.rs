//! What servers do wrong: each bucket of tests/stores/quirky misbehaves in its own way.

use object_store::{Attribute, ObjectStore, ObjectStoreExt, PutOptions, path::Path};
use sluice_crawler::{outcome::State, store::Capabilities};

use crate::world::{World, block_on, server::Server};

const TABLE: &[u8] = b"a,b\n1,2\n";

/// The bucket that is known for this, and a run of a small file and one sent in parts.
fn bucket(quirk: &str) -> Option<(Server, World)> {
    let server = Server::one_of(&["quirky"])?;
    let world = World::new()?;
    world.run(7, "box").file("results.csv", TABLE).file("big.txt", &big()).attest();
    Some((Server { bucket: quirk.into(), ..server }, world))
}

fn big() -> Vec<u8> {
    b"0123456789abcde\n".repeat((9 << 20) / 16)
}

/// How many runs a pass publishes.
fn published(server: &Server, world: &World) -> usize {
    block_on(world.crawler_with(server.store(world, "pre")).pass()).unwrap().published
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_quirk_parts_that_changed_are_not_published() {
    let Some((server, world)) = bucket("corrupts-parts") else { return };
    let found = block_on(server.store(&world, "pre").probe()).unwrap();
    assert!(
        matches!(found, Capabilities { checks_sha256: true, checks_parts: false, .. }),
        "{found:?}"
    );
    assert_eq!(published(&server, &world), 0);
    assert_eq!(world.stands(7).reason.code(), "store-differs");
    let objects = server.objects("pre");
    assert!(objects.keys().all(|key| key.ends_with("results.csv")), "{:?}", objects.keys());
    assert_eq!(published(&server, &world), 1);
    assert_eq!(server.objects("pre")["pre/alice/box-lab-7.0/big.txt"], big());
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_quirk_what_always_changes_is_never_published() {
    let Some((server, world)) = bucket("corrupts-all") else { return };
    for _ in 0..3 {
        assert_eq!(published(&server, &world), 0);
        assert_eq!(world.stands(7).reason.code(), "store-differs");
    }
    assert!(server.objects("pre").keys().all(|key| !key.ends_with("manifest.json")));
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_quirk_an_object_without_a_length_is_no_other() {
    let Some((server, world)) = bucket("no-length") else { return };
    assert_eq!(published(&server, &world), 1, "{:?}", world.stands(7));
    assert_eq!(server.objects("pre")["pre/alice/box-lab-7.0/big.txt"], big());
    // Half an object of an earlier attempt is known by its metadata, too.
    world.run(8, "box").file("results.csv", TABLE).attest();
    let key = Path::parse("pre/alice/box-lab-8.0/results.csv").unwrap();
    let run = [(Attribute::Metadata("run".into()), "box-lab-8.0")].into_iter().collect();
    let how = PutOptions { attributes: run, ..PutOptions::default() };
    block_on(server.client().put_opts(&key, "a,".into(), how)).unwrap();
    assert_eq!(published(&server, &world), 1);
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_quirk_uploads_of_others_are_listed_and_stay() {
    let Some((server, world)) = bucket("lists-all-uploads") else { return };
    let key = Path::parse("somebody/else.bam").unwrap();
    let mut upload = block_on(async {
        let mut upload = server.client().put_multipart(&key).await.unwrap();
        upload.put_part("theirs".into()).await.unwrap();
        upload
    });
    assert_eq!(published(&server, &world), 1);
    block_on(server.store(&world, "").probe()).unwrap();
    block_on(upload.complete()).unwrap();
    assert_eq!(server.objects("somebody").len(), 1);
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_quirk_conditions_that_are_passed_over_overwrite_nothing() {
    let Some((server, world)) = bucket("ignores-conditions") else { return };
    assert!(!block_on(server.store(&world, "pre").probe()).unwrap().conditions);
    let key = Path::parse("pre/alice/box-lab-7.0/results.csv").unwrap();
    block_on(server.client().put(&key, "foreign".into())).unwrap();
    assert_eq!(published(&server, &world), 0);
    assert_eq!(world.stands(7).reason.code(), "object-exists");
    assert_eq!(server.objects("pre")[key.as_ref()], b"foreign");
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_quirk_slow_servers_are_waited_for() {
    let Some((server, world)) = bucket("slow") else { return };
    assert_eq!(published(&server, &world), 1);
    assert_eq!(world.stands(7).state, State::Published);
}
