//! A real S3 server, started by a script of tests/stores; without one these tests do nothing.

use std::{fs, process::Command};

use object_store::{Attribute, ObjectStoreExt, path::Path};
use sluice_crawler::store::{Capabilities, Store, Versions};

use crate::world::{World, block_on, server::Server};

const TABLE: &[u8] = b"a,b\n1,2\n";

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_gets_exact_keys_small_and_large() {
    let Some((server, world)) = Server::new().zip(World::new()) else { return };
    let store = || server.store(&world, "exact");
    let big = b"0123456789abcde\n".repeat((17 << 20) / 16);
    for (job, name) in (1..).zip(["box", "a b", "100%", "-rf", "größe"]) {
        let run = world.run(job, name).file("results.csv", TABLE);
        run.file("plots/x y%20+&é.txt", b"hello\n").file("big.txt", &big).attest();
    }
    let pass = block_on(world.crawler_with(store()).pass()).unwrap();
    assert_eq!(pass.published, 5, "{:?}", world.stands(1));
    let ids = [
        "box-lab-1.0",
        "a%20b-lab-2.0",
        "100%25-lab-3.0",
        "-rf-lab-4.0",
        "gr%C3%B6%C3%9Fe-lab-5.0",
    ];
    let objects = server.objects("exact");
    assert_eq!(objects.len(), 25);
    for id in ids {
        let run = format!("exact/alice/{id}");
        assert_eq!(objects[&format!("{run}/results.csv")], TABLE, "{id}");
        assert_eq!(objects[&format!("{run}/plots/x y%20+&é.txt")], b"hello\n");
        assert_eq!(objects[&format!("{run}/big.txt")], big);
        assert!(objects.contains_key(&format!("{run}/manifest.json")));
        assert!(objects.contains_key(&format!("{run}/attestation.json")));
    }
    // A lost ledger is made again from what is there.
    fs::remove_dir_all(world.at("state")).unwrap();
    fs::create_dir(world.at("state")).unwrap();
    let again = block_on(world.crawler_with(store()).pass()).unwrap();
    assert_eq!((again.published, again.held), (5, 0));
    assert_eq!(server.objects("exact"), objects);
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_objects_say_what_they_are() {
    let Some((server, world)) = Server::new().zip(World::new()) else { return };
    let page = b"<script>alert(1)</script>\n";
    let run = world.run(7, "box").file("results.csv", TABLE).file("plots/x.html", page);
    run.file("plots/x.svg", page).attest();
    let store = server.store(&world, "about");
    assert_eq!(block_on(world.crawler_with(store).pass()).unwrap().published, 1);
    let types = [
        ("results.csv", "text/csv"),
        ("plots/x.html", "text/plain"),
        ("plots/x.svg", "text/plain"),
        ("manifest.json", "application/json"),
        ("attestation.json", "application/json"),
    ];
    for (name, media_type) in types {
        let key = Path::parse(format!("about/alice/box-lab-7.0/{name}")).unwrap();
        let found = block_on(server.client().get(&key)).unwrap().attributes;
        let told = |attribute: Attribute| found.get(&attribute).map(AsRef::as_ref);
        assert_eq!(told(Attribute::ContentType), Some(media_type), "{name}");
        // Not every server keeps it.
        let disposition = told(Attribute::ContentDisposition);
        assert!(disposition == Some("attachment") || server.name == "rclone", "{disposition:?}");
    }
    let key = Path::parse("about/alice/box-lab-7.0/results.csv").unwrap();
    let found = block_on(server.client().get(&key)).unwrap().attributes;
    // Servers differ in how they spell the names of metadata.
    let told = |name: &str| {
        found.iter().find_map(|(attribute, value)| match attribute {
            Attribute::Metadata(found) if found.eq_ignore_ascii_case(name) => {
                Some(value.to_string())
            }
            _ => None,
        })
    };
    assert_eq!(told("run").as_deref(), Some("box-lab-7.0"));
    assert_eq!(told("workflow").as_deref(), Some("count@1"));
    assert!(told("digest").is_some_and(|digest| digest.starts_with("sha256:")));
    assert_eq!(told("x-content-type-options").as_deref(), Some("nosniff"));
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_objects_of_others_stay() {
    let Some((server, world)) = Server::new().zip(World::new()) else { return };
    let key = Path::parse("others/alice/box-lab-7.0/results.csv").unwrap();
    block_on(server.client().put(&key, "foreign".into())).unwrap();
    world.run(7, "box").file("results.csv", TABLE).attest();
    let store = server.store(&world, "others");
    assert_eq!(block_on(world.crawler_with(store).pass()).unwrap().held, 1);
    assert_eq!(world.stands(7).reason.code(), "object-exists");
    assert_eq!(server.objects("others").into_values().collect::<Vec<_>>(), [b"foreign"]);
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_refusals_and_outages_are_tried_again() {
    let Some((server, world)) = Server::new().zip(World::new()) else { return };
    world.run(7, "box").file("results.csv", TABLE).attest();
    let wrong = Server { secret: "wrong-secret".into(), ..server.clone() };
    let away = Server { url: "http://127.0.0.1:1".into(), ..server.clone() };
    for (server, code) in [(wrong, "store-denied"), (away, "store-unavailable")] {
        let store = server.store(&world, "outage");
        assert_eq!(block_on(world.crawler_with(store).pass()).unwrap().retry, 1);
        assert_eq!(world.stands(7).reason.code(), code, "{:?}", world.stands(7));
        assert!(!world.stands(7).reason.message.contains(&server.secret));
    }
    let store = server.store(&world, "outage");
    assert_eq!(block_on(world.crawler_with(store).pass()).unwrap().published, 1);
    assert!(server.objects("outage").contains_key("outage/alice/box-lab-7.0/manifest.json"));
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_servers_are_known_for_what_they_do() {
    let Some((server, world)) = Server::new().zip(World::new()) else { return };
    let honours = block_on(server.store(&world, "probed").probe()).unwrap();
    println!("honours {}", serde_json::to_string(&honours).unwrap());
    let expected = match server.name.as_str() {
        "s3s-fs" => (true, true, false, true, Versions::Unsupported),
        "garage" => (false, true, true, true, Versions::None),
        "rclone" => (false, false, false, false, Versions::None),
        "quirky" => (true, true, true, true, Versions::None),
        name => panic!("{name} is not known"),
    };
    let Capabilities { conditions, checks_sha256, checks_parts, tells_sha256, versions, .. } =
        honours;
    assert_eq!((conditions, checks_sha256, checks_parts, tells_sha256, versions), expected);
    assert!(server.objects("probed").is_empty(), "the probe leaves nothing");
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_probes_don_t_meet() {
    let Some((server, world)) = Server::new().zip(World::new()) else { return };
    let stores: Vec<_> = (0..4).map(|_| server.store(&world, "probes")).collect();
    let left = Path::parse("probes/sluice-probe/1700000000000000000-1").unwrap();
    let (client, others) = (server.client(), Path::parse("probes/sluice-probe/mine").unwrap());
    let found = block_on(async {
        client.put(&left, "probe".into()).await.unwrap();
        client.put(&others, "mine".into()).await.unwrap();
        futures_util::future::join_all(stores.iter().map(Store::probe)).await
    });
    let found: Vec<_> = found.into_iter().map(Result::unwrap).collect();
    assert!(found.iter().all(|honours| *honours == found[0]), "{found:?}");
    let left: Vec<_> = server.objects("probes").into_keys().collect();
    assert_eq!(left, [others.to_string()], "an abandoned probe goes, all else stays");
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_owners_may_have_buckets_of_their_own() {
    let Some((server, world)) = Server::new().zip(World::new()) else { return };
    let buckets = Server { bucket: "of-{owner}".into(), ..server.clone() };
    for (job, owner) in [(1, "alice"), (2, "bob"), (3, "Eve_X")] {
        let run = world.run(job, "box").file("results.csv", TABLE);
        run.but(|it| it.run.user = owner.into()).attest();
    }
    let pass = block_on(world.crawler_with(buckets.store(&world, "own")).pass()).unwrap();
    assert_eq!((pass.published, pass.held), (2, 1));
    assert_eq!(world.stands(3).reason.code(), "name-refused");
    for (owner, id) in [("alice", "box-lab-1.0"), ("bob", "box-lab-2.0")] {
        let own = Server { bucket: format!("of-{owner}"), ..server.clone() };
        let objects = own.objects("own");
        assert_eq!(objects.len(), 3);
        assert!(objects.contains_key(&format!("own/{owner}/{id}/manifest.json")));
    }
    assert_eq!(world.status(1)["where"], "s3://of-alice/own/alice/box-lab-1.0/");
}

/// docs/how-to/read-access.md: a key that may read one bucket may do nothing else.
#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_readers_of_garage_may_only_read_their_bucket() {
    let Some(server) = Server::one_of(&["garage"]) else { return };
    let garage = std::env::var("SLUICE_TEST_GARAGE").unwrap();
    let run = |words: &str| {
        let output =
            Command::new("sh").arg("-c").arg(format!("{garage} {words}")).output().unwrap();
        assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let key = |name: &str| {
        let said = run(&format!("key create {name}"));
        let word = |label: &str| {
            let line = said.lines().find(|line| line.starts_with(label)).unwrap();
            line[label.len()..].trim().to_owned()
        };
        (word("Key ID:"), word("Secret key:"))
    };
    let page = include_str!("../../../docs/how-to/read-access.md");
    let (mut writer, mut reader) = (None, None);
    for line in page.lines().filter_map(|line| line.strip_prefix("garage ")) {
        match line.strip_prefix("key create ") {
            Some("crawler-a") => writer = Some(key("crawler-a")),
            Some("reader-a") => reader = Some(key("reader-a")),
            Some(other) => panic!("{other}"),
            None => drop(run(line)),
        }
    }
    let with = |(key, secret): (String, String), bucket: &str| {
        Server { key, secret, bucket: bucket.into(), ..server.clone() }.client()
    };
    let (writer, reader) = (writer.unwrap(), reader.unwrap());
    let path = Path::parse("alice/run/results.csv").unwrap();
    block_on(async {
        with(writer, "project-a").put(&path, "a".into()).await.unwrap();
        let own = with(reader.clone(), "project-a");
        assert_eq!(own.get(&path).await.unwrap().bytes().await.unwrap(), "a");
        assert!(own.put(&path, "b".into()).await.is_err());
        assert!(own.delete(&path).await.is_err());
        assert!(with(reader, "results").get(&path).await.is_err());
        assert_eq!(own.get(&path).await.unwrap().bytes().await.unwrap(), "a");
    });
}
