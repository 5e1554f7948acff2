//! A real S3 server, started by tests/stores/s3s-fs.sh; without one these tests do nothing.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use sluice_crawler::{config::Config, store::Store};
use sluice_site::Site;

use crate::world::{World, block_on};

const TABLE: &[u8] = b"a,b\n1,2\n";

/// The server's URL and the bucket's directory.
fn server() -> Option<(String, PathBuf)> {
    let found = env::var("SLUICE_TEST_S3").ok().zip(env::var_os("SLUICE_TEST_S3_ROOT"));
    if found.is_none() {
        eprintln!("skipped: needs tests/stores/s3s-fs.sh");
    }
    found.map(|(url, root)| (url, Path::new(&root).join("results")))
}

/// The store as sluice.toml would name it.
fn store(world: &World, url: &str, prefix: &str, secret: &str) -> Store {
    let credentials = world.at("etc/keys/s3.toml");
    let _ = fs::remove_file(&credentials);
    fs::write(&credentials, format!("access-key = \"test\"\nsecret-key = {secret:?}\n")).unwrap();
    fs::set_permissions(&credentials, PermissionsExt::from_mode(0o400)).unwrap();
    let (site, _) =
        world.site().split_once("[crawler]").map(|(a, b)| (a.to_owned(), b.len())).unwrap();
    let site = format!(
        "{site}[crawler]\nstore = \"s3://results/{prefix}\"\nendpoint = {url:?}\nregion = \"lab\"
allow-http = true\ncredentials = {credentials:?}\n"
    );
    let site = Site::parse(site.as_bytes()).unwrap();
    let config = Config::new(site, &world.at("etc"), &world.at("state")).unwrap();
    Store::open(&config.location).unwrap()
}

#[test]
fn s3_gets_exact_keys_small_and_large() {
    let (Some((url, bucket)), Some(world)) = (server(), World::new()) else { return };
    let store = || store(&world, &url, "exact", "test-secret");
    let big = b"0123456789abcde\n".repeat((17 << 20) / 16);
    for (job, name) in (1..).zip(["box", "a b", "100%", "-rf", "größe"]) {
        let run = world.run(job, name).file("results.csv", TABLE);
        run.file("plots/x y%20+&é.txt", b"hello\n").file("big.txt", &big).attest();
    }
    assert_eq!(block_on(world.crawler_with(store()).pass()).unwrap().published, 5);
    let ids = [
        "box-lab-1.0",
        "a%20b-lab-2.0",
        "100%25-lab-3.0",
        "-rf-lab-4.0",
        "gr%C3%B6%C3%9Fe-lab-5.0",
    ];
    for id in ids {
        let run = bucket.join("exact/alice").join(id);
        assert_eq!(fs::read(run.join("results.csv")).unwrap(), TABLE, "{id}");
        assert_eq!(fs::read(run.join("plots/x y%20+&é.txt")).unwrap(), b"hello\n");
        assert_eq!(fs::read(run.join("big.txt")).unwrap(), big);
        assert!(run.join("manifest.json").exists() && run.join("attestation.json").exists());
    }
    // A lost ledger is made again from what is there.
    for state in fs::read_dir(world.at("state")).unwrap() {
        let _ = fs::remove_file(state.unwrap().path());
    }
    let again = block_on(world.crawler_with(store()).pass()).unwrap();
    assert_eq!((again.published, again.held), (5, 0));
    assert_eq!(fs::read(bucket.join("exact/alice/box-lab-1.0/big.txt")).unwrap(), big);
}

#[test]
fn s3_objects_of_others_stay() {
    let (Some((url, bucket)), Some(world)) = (server(), World::new()) else { return };
    let run = bucket.join("others/alice/box-lab-7.0");
    fs::create_dir_all(&run).unwrap();
    fs::write(run.join("results.csv"), "foreign").unwrap();
    world.run(7, "box").file("results.csv", TABLE).attest();
    let store = store(&world, &url, "others", "test-secret");
    assert_eq!(block_on(world.crawler_with(store).pass()).unwrap().held, 1);
    assert_eq!(world.stands(7).reason.code, "object-exists");
    assert_eq!(fs::read(run.join("results.csv")).unwrap(), b"foreign");
}

#[test]
fn s3_refusals_and_outages_are_tried_again() {
    let (Some((url, bucket)), Some(world)) = (server(), World::new()) else { return };
    world.run(7, "box").file("results.csv", TABLE).attest();
    for (url, secret, code) in [
        (url.as_str(), "wrong", "store-denied"),
        ("http://127.0.0.1:1", "test-secret", "store-unavailable"),
    ] {
        let store = store(&world, url, "outage", secret);
        assert_eq!(block_on(world.crawler_with(store).pass()).unwrap().retry, 1);
        assert_eq!(world.stands(7).reason.code, code, "{:?}", world.stands(7));
        assert!(!world.stands(7).reason.message.contains(secret));
    }
    let store = store(&world, &url, "outage", "test-secret");
    assert_eq!(block_on(world.crawler_with(store).pass()).unwrap().published, 1);
    assert!(bucket.join("outage/alice/box-lab-7.0/manifest.json").exists());
}
