//! Kill -9, outages and restarts at every request.

use std::sync::Arc;

use crate::world::{
    World, block_on,
    faults::{Fault, Faulty},
    pass,
};
use sluice_crawler::{outcome::State, serve::pass::Pass};

const TABLE: &[u8] = b"a,b\n1,2\n";

/// A world with one run of two files, one of them sent in parts.
fn one_run() -> Option<(World, String)> {
    let world = World::new()?;
    let big = b"0123456789abcde\n".repeat(9 << 16);
    let id = world.run(7, "box").file("results.csv", TABLE).file("big.txt", &big).attest();
    Some((world, id))
}

/// A pass on a faulty store, killed once the store doesn't answer any more.
fn killed_pass(world: &World, store: Arc<Faulty>) -> Option<Pass> {
    block_on(async {
        let crawler = world.crawler_on(store.clone());
        tokio::select! {
            pass = crawler.pass() => Some(pass.unwrap()),
            () = store.halted() => None,
        }
    })
}

#[test]
fn a_kill_at_any_request_loses_and_doubles_nothing() {
    let Some((world, id)) = one_run() else { return };
    for fault in [Fault::HangBefore, Fault::HangAfter] {
        for after in 0.. {
            world.reset();
            let store = Faulty::new(world.objects.clone(), fault, after);
            let ended = killed_pass(&world, store.clone()).is_some();
            let before = world.published();
            // Complete, or without its manifest.
            let manifest = world.is_complete(&id);
            assert!(!manifest || before.len() == 4, "{fault:?} {after}");
            assert_eq!(pass(&world).published, usize::from(!ended), "{fault:?} {after}");
            let now = world.published();
            assert!(world.is_complete(&id));
            assert_eq!(now.len(), 4);
            // What was there is the same, byte by byte.
            assert!(before.iter().all(|(key, bytes)| now[key] == *bytes), "{fault:?} {after}");
            assert_eq!(world.stands(7).state, State::Published);
            if ended {
                assert!(after > 7);
                break;
            }
        }
    }
}

#[test]
fn kills_one_after_the_other_end_too() {
    let Some((world, id)) = one_run() else { return };
    for after in [1, 2, 3, 4, 5, 6, 3, 2, 1, 0] {
        killed_pass(&world, Faulty::new(world.objects.clone(), Fault::HangAfter, after));
    }
    pass(&world);
    assert!(world.is_complete(&id));
}

#[test]
fn a_kill_while_taking_back_is_taken_up_again() {
    for fault in [Fault::HangBefore, Fault::HangAfter] {
        let Some((world, _)) = one_run() else { return };
        killed_pass(&world, Faulty::new(world.objects.clone(), Fault::HangBefore, 6));
        assert!(!world.published().is_empty());
        world.revoke_bundle();
        for after in 0..4 {
            killed_pass(&world, Faulty::new(world.objects.clone(), fault, after));
        }
        assert_eq!(pass(&world).held, 1);
        assert!(world.published().is_empty());
        assert_eq!(world.stands(7).reason.code(), "revoked");
        assert!(world.audit().iter().all(|line| line["event"] == "hold"));
    }
}

#[test]
fn what_has_its_manifest_is_published_whatever_comes() {
    let Some((world, id)) = one_run() else { return };
    let mut after = 0;
    while !world.is_complete(&id) {
        killed_pass(&world, Faulty::new(world.objects.clone(), Fault::HangAfter, after));
        after += 1;
    }
    assert_eq!(world.stands(7).state, State::Publishing);
    world.run(7, "box").log("2026", "{");
    assert_eq!(pass(&world).published, 1);
    assert!(world.is_complete(&id));
}

#[test]
fn an_outage_is_told_once_and_loses_nothing() {
    let Some(world) = World::new() else { return };
    for job in 1..30 {
        world.run(job, "box").file("results.csv", TABLE).attest();
    }
    for after in [0, 1, 5, 20, 21, 22, 40] {
        let store = Faulty::new(world.objects.clone(), Fault::Fail, after);
        let pass = block_on(world.crawler_on(store.clone()).pass()).unwrap();
        assert!(pass.retry > 0 && !store.is_unspent());
    }
    let entry = world.stands(29);
    assert!(matches!(entry.state, State::Seen | State::Publishing));
    assert_eq!(entry.reason.code(), "store-unavailable");
    assert_eq!(world.status(29)["state"], "waiting");
    assert!(!world.status(29)["message"].as_str().unwrap().contains("refused"));
    let changed = entry.changed;
    let store = Faulty::new(world.objects.clone(), Fault::Fail, 0);
    block_on(world.crawler_on(store).pass()).unwrap();
    assert_eq!(world.stands(29).changed, changed);
    pass(&world);
    for job in 1..30 {
        assert!(world.is_complete(&format!("box-lab-{job}.0")));
    }
    assert!(world.audit().iter().all(|line| line["event"] == "publish"));
}

impl World {
    /// Back to before the first pass.
    fn reset(&self) {
        std::fs::remove_dir_all(self.at("state")).unwrap();
        std::fs::create_dir(self.at("state")).unwrap();
        for key in self.published().into_keys() {
            let key = object_store::path::Path::parse(key).unwrap();
            block_on(object_store::ObjectStoreExt::delete(&*self.objects, &key)).unwrap();
        }
    }
}
