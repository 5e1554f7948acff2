//! Figures in whose place pictures leave: drawn by a script here, whose colour a test can change as another
//! version of the program may, and by the program itself.

use std::{fs, io::Write, process::Command, sync::Arc};

use object_store::{Attribute, ObjectStoreExt, path::Path};
use serde_json::Value;
use sluice_crawler::{
    outcome::State,
    serve::{crawler::Crawler, pass::Pass, withdraw::Request},
    store::Store,
};
use sluice_policy::digest::Digest;
use sluice_site::renderer::Renderer;

use crate::world::{
    World, block_on,
    faults::{Fault, Faulty},
    program::built,
    run::Run,
    seen::assert_held,
    server::Server,
    set::figures,
};

const FIGURE: &[u8] =
    b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><!-- secret --><rect width='9' height='9'/></svg>";
const RUN: &str = "pre/fix/alice/box-lab-7.0/";
const PICTURE: &str = "pre/fix/alice/box-lab-7.0/plots/a.svg.png";

/// A site with that entry in force.
fn world() -> Option<World> {
    let world = World::new()?;
    world.publish_set(2, &[("entries/count@1.toml", &figures())]);
    world.colour(b"abc");
    Some(world)
}

impl World {
    /// The colour of all pictures from now on.
    fn colour(&self, rgb: &[u8; 3]) {
        fs::write(self.at("colour"), rgb).unwrap();
    }

    /// A script that does this with the figures of others, and draws those of ours.
    fn draws(&self, hostile: &str) -> Renderer {
        let draw = "printf 'P6\\n1 1\\n255\\n'; exec cat colour";
        let script = format!(
            "#!/bin/sh\ncd {:?}\ngrep -q secret || {{ {draw}; }}\n{}\n",
            self.dir.path(),
            if hostile.is_empty() { draw } else { hostile }
        );
        let at = self.at(&format!("renderer-{}", Digest::of(script.as_bytes()).hex()));
        // Nobody here ever has it open for writing, so that it can be executed.
        let mut install = Command::new("install");
        install.args(["-m", "0755", "/dev/stdin"]).arg(&at).stdin(std::process::Stdio::piped());
        let mut install = install.spawn().unwrap();
        install.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        assert!(install.wait().unwrap().success());
        Renderer::at(at)
    }

    fn drawn(&self) -> Crawler {
        self.crawler_drawing(self.draws(""), self.objects.clone())
    }

    /// Has runs of its bundle held from now on.
    fn hold_bundle(&self) {
        let revoked = format!(
            "format = 1\n[[digest]]\ndigest = \"{}\"\nwhy = \"a wrong filter\"\nat = \"2026-07-01T12:00:00Z\"\n",
            Digest::of(b"bundle")
        );
        let files = [("entries/count@1.toml", &*figures()), ("revoked.toml", &revoked)];
        self.publish_set(3, &files);
    }

    fn lose_ledger(&self) {
        fs::remove_dir_all(self.at("state")).unwrap();
        fs::create_dir(self.at("state")).unwrap();
    }
}

fn pass(crawler: &Crawler) -> Pass {
    block_on(crawler.pass()).unwrap()
}

fn manifest(world: &World) -> Value {
    serde_json::from_slice(&world.published()[&format!("{RUN}manifest.json")]).unwrap()
}

#[test]
fn a_picture_leaves_in_the_figures_place() {
    let Some(world) = world() else { return };
    let run_id = world.figure_run(7).file("plots/a.svg", FIGURE).file("plots/x", b"x\n").attest();
    assert_eq!(pass(&world.drawn()), Pass { published: 1, ..Pass::default() });
    assert!(world.is_complete(&run_id));
    let published = world.published();
    let names: Vec<&str> = published.keys().map(|key| key.strip_prefix(RUN).unwrap()).collect();
    let wanted = ["attestation.json", "manifest.json", "plots/a.svg.png", "plots/x", "results.csv"];
    assert_eq!(names, wanted);
    assert!(published.values().all(|bytes| !bytes.windows(6).any(|it| it == b"secret")));
    assert!(published[PICTURE].starts_with(b"\x89PNG"));
    let file = &manifest(&world)["files"][1];
    assert_eq!(file["path"], "plots/a.svg.png");
    assert_eq!(file["sha256"], Digest::of(&published[PICTURE]).hex());
    let figure = serde_json::json!({
        "path": "plots/a.svg", "bytes": FIGURE.len(), "sha256": Digest::of(FIGURE).hex(),
    });
    assert_eq!(file["rendered-from"], figure);
    // Another version draws otherwise, and a lost ledger finds the run all the same.
    world.colour(b"xyz");
    world.lose_ledger();
    assert_eq!(pass(&world.drawn()).published, 1);
    world.lose_ledger();
    assert_eq!(block_on(world.drawn().rebuild()).unwrap(), 1);
    assert_eq!(world.published(), published);
}

#[test]
fn what_is_not_drawn_is_held_or_tried_again() {
    let held = |code: &str, hostile: &str, make: fn(Run<'_>) -> Run<'_>| {
        let Some(world) = world() else { return };
        make(world.figure_run(7)).attest();
        let crawler = world.crawler_drawing(world.draws(hostile), world.objects.clone());
        assert_eq!(pass(&crawler).held, 1, "{code}");
        assert_held(&world, 7, code);
    };
    let figure: fn(Run<'_>) -> Run<'_> = |run| run.file("plots/a.svg", FIGURE);
    held("not-drawn", "exit 10", figure);
    held("not-drawn", "kill -9 $$", figure);
    held("not-drawn", "printf 'P6\\n1 1\\n255\\nabcP6\\n1 1\\n255\\nabc'", figure);
    held("too-large", "", |run| run.file("plots/a.svg", &[b'x'; 1001]));
    held("name-refused", "", |run| run.file("plots/a.svg", FIGURE).file("plots/a.svg.png", b"x\n"));
    held("name-refused", "", |run| {
        run.file("plots/a.svg", FIGURE).file("plots/a.svg.png/x", b"x\n")
    });
    // A person decides unless the rule says otherwise.
    held("needs-review", "", |run| run.file("look.svg", FIGURE));
    held("output-changed", "", |run| {
        let run = run.file("plots/a.svg", FIGURE);
        fs::write(run.sealed().join("plots/a.svg"), [b'x'; FIGURE.len()]).unwrap();
        run
    });
}

#[test]
fn a_host_that_can_not_draw_is_not_the_runs_fault() {
    let Some(world) = world() else { return };
    world.figure_run(7).file("plots/a.svg", FIGURE).attest();
    let missing = Renderer::at("/nowhere/sluice-render");
    let crawler = world.crawler_drawing(missing, world.objects.clone());
    assert_eq!(pass(&crawler), Pass { retry: 1, ..Pass::default() });
    assert_eq!(world.stands(7).reason.code(), "render-unavailable");
    assert_eq!(world.status(7)["code"], "site-unavailable");
    assert!(world.audit().is_empty() && world.published().is_empty());
    drop(crawler);
    assert_eq!(pass(&world.drawn()).published, 1);
}

/// A kill at any request, and another version of the program before the next try.
#[test]
fn pictures_of_an_attempt_that_was_cut_off_are_drawn_anew() {
    for after in 0..12 {
        let Some(world) = world() else { return };
        let run_id = world.figure_run(7).file("plots/a.svg", FIGURE).attest();
        cut_off(&world, after);
        world.colour(b"xyz");
        pass(&world.drawn());
        assert_eq!(world.stands(7).state, State::Published, "{after}");
        assert!(world.is_complete(&run_id), "{after}");
    }
}

#[test]
fn pictures_of_a_run_that_is_held_after_all_are_taken_back() {
    for after in 0..12 {
        let Some(world) = world() else { return };
        let run_id = world.figure_run(7).file("plots/a.svg", FIGURE).attest();
        cut_off(&world, after);
        world.hold_bundle();
        pass(&world.drawn());
        match world.stands(7).state {
            State::Published => assert!(world.is_complete(&run_id), "{after}"),
            _ => assert!(world.published().is_empty(), "{after}: {:?}", world.published().keys()),
        }
    }
}

/// In a try after one that was cut off, and where the run is held after it.
#[test]
fn what_others_put_where_a_picture_could_be_stays() {
    for foreign in ["results.csv.png", "plots/a.svg.png"].map(|it| format!("{RUN}{it}")) {
        for held in [false, true] {
            let mut tried = 0;
            for after in 0..6 {
                let Some(world) = world() else { return };
                world.figure_run(7).file("plots/a.svg", FIGURE).attest();
                cut_off(&world, after);
                if !world.stands(7).begun || world.published().contains_key(PICTURE) {
                    continue;
                }
                tried += 1;
                let key = Path::parse(&foreign).unwrap();
                block_on(world.objects.put(&key, "theirs".into())).unwrap();
                world.colour(b"xyz");
                if held {
                    world.hold_bundle();
                }
                let found = pass(&world.drawn());
                assert_eq!(found.held, usize::from(held || foreign == PICTURE), "{after}");
                assert_eq!(world.published()[&foreign], b"theirs", "{foreign} {after}");
            }
            assert!(tried > 0);
        }
    }
}

/// Publishes until this many requests were answered.
fn cut_off(world: &World, after: usize) {
    let store = Faulty::new(Arc::clone(&world.objects), Fault::HangAfter, after);
    let crawler = world.crawler_drawing(world.draws(""), store.clone());
    block_on(async {
        tokio::select! {
            pass = crawler.pass() => drop(pass.unwrap()),
            () = store.halted() => {}
        }
    });
}

/// The manifest arrived and its answer did not; the next try of the same process draws otherwise.
#[test]
fn a_manifest_that_arrived_counts_if_its_pictures_are_there() {
    for there in [true, false] {
        let Some(world) = world() else { return };
        let run_id = world.figure_run(7).file("plots/a.svg", FIGURE).attest();
        assert_eq!(pass(&world.drawn()).published, 1);
        let before = world.published();
        world.lose_ledger();
        let forget =
            |key: &str| block_on(world.objects.delete(&Path::parse(key).unwrap())).unwrap();
        before.keys().for_each(|key| forget(key));
        // A host that can't draw at first: the store has been asked when the pictures are drawn.
        fs::remove_file(world.at("colour")).unwrap();
        let crawler = world.drawn();
        assert_eq!(pass(&crawler).retry, 1);
        for (key, bytes) in &before {
            if there || key != PICTURE {
                let key = Path::parse(key).unwrap();
                block_on(world.objects.put(&key, bytes.clone().into())).unwrap();
            }
        }
        world.colour(b"xyz");
        assert_eq!(pass(&crawler).published, 1, "{:?}", world.stands(7));
        assert!(world.is_complete(&run_id));
        assert_eq!(world.published()[PICTURE] == before[PICTURE], there);
    }
}

#[test]
fn pictures_of_a_run_are_bounded() {
    for (figures, published) in [(100, 1), (101, 0)] {
        let Some(world) = world() else { return };
        let run = (0..figures)
            .fold(world.figure_run(7), |run, n| run.file(&format!("plots/{n}.svg"), FIGURE));
        run.attest();
        assert_eq!(pass(&world.drawn()).published, published, "{:?}", world.stands(7));
        if published == 0 {
            assert_held(&world, 7, "not-drawn");
        }
    }
}

#[test]
fn a_withdrawn_picture_is_gone() {
    let Some(world) = world() else { return };
    world.figure_run(7).file("plots/a.svg", FIGURE).attest();
    assert_eq!(pass(&world.drawn()).published, 1);
    let runs = vec!["box-lab-7.0".to_owned()];
    let request = Request { format: 1, runs, why: "wrong".into(), by: "root".into() };
    request.leave(&world.at("state"), "test").unwrap();
    assert_eq!(pass(&world.drawn()).withdrawn, 1);
    let left: Vec<String> = world.published().into_keys().collect();
    assert_eq!(left, [format!("{RUN}tombstone.json")]);
}

#[test]
fn the_program_itself_draws() {
    let Some(world) = world() else { return };
    let run_id = world.figure_run(7).file("plots/a.svg", FIGURE).attest();
    let crawler = world.crawler_drawing(Renderer::at(built()), world.objects.clone());
    assert_eq!(pass(&crawler).published, 1, "{:?}", world.stands(7));
    assert!(world.is_complete(&run_id));
    assert!(world.published()[PICTURE].len() > 1000);
}

#[test]
#[ignore = "needs an S3 server of tests/stores"]
fn s3_pictures_say_what_they_are() {
    let Some((server, world)) = Server::new().zip(world()) else { return };
    world.figure_run(7).file("plots/a.svg", FIGURE).attest();
    let store: Store = server.store(&world, "figures");
    let crawler = world.crawler_with_renderer(Renderer::at(built()), store);
    assert_eq!(pass(&crawler).published, 1);
    let key = Path::parse("figures/alice/box-lab-7.0/plots/a.svg.png").unwrap();
    let (kind, bytes) = block_on(async {
        let found = server.client().get(&key).await.unwrap();
        let kind = found.attributes.get(&Attribute::ContentType).map(|it| it.to_string());
        (kind, found.bytes().await.unwrap())
    });
    assert_eq!(kind.as_deref(), Some("image/png"));
    assert!(bytes.starts_with(b"\x89PNG"));
    let keys: Vec<_> = server.objects("figures").into_keys().collect();
    assert!(keys.iter().all(|key| !key.ends_with(".svg")), "{keys:?}");
}
