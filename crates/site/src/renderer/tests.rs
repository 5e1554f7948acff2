use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::*;

/// A script in the renderer's place.
struct Fake(TempDir);

impl Fake {
    /// One that draws the figures of ours, and does this with others.
    fn new(hostile: &str) -> Self {
        Self::with("printf 'P6\\n1 1\\n255\\nabc'", hostile)
    }

    fn with(ours: &str, hostile: &str) -> Self {
        let fake = Self(tempfile::tempdir().unwrap());
        let script = format!(
            "#!/bin/sh\ncd {:?}\nif grep -q '<text\\|Helvetica'; then\n{ours}\nexit\nfi\n{hostile}\n",
            fake.0.path()
        );
        // Nobody here ever has it open for writing, so that it can be executed.
        let mut install = std::process::Command::new("install");
        install.args(["-m", "0755", "/dev/stdin"]).arg(fake.at("fake")).stdin(Stdio::piped());
        let mut install = install.spawn().unwrap();
        install.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        assert!(install.wait().unwrap().success());
        fake
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn draw_within(&self, time: Duration) -> Result<Picture, Undrawn> {
        let mut figure = Figure::new().unwrap();
        figure.write_all(b"hostile").unwrap();
        Renderer::at(self.at("fake")).draw(ContentKind::Svg, figure, time)
    }

    fn draw(&self) -> Result<Picture, Undrawn> {
        self.draw_within(PATIENCE)
    }
}

fn is_figures_fault(drawn: Result<Picture, Undrawn>) -> bool {
    matches!(drawn, Err(Undrawn::Figure(_)))
}

#[test]
fn one_whole_picture_is_taken() {
    let drawn = Fake::new("printf 'P6\\n2 1\\n255\\nabcdef'").draw();
    let picture = drawn.unwrap_or_else(|why| panic!("{why:?}"));
    assert_eq!((picture.width(), picture.height()), (2, 1));
    for broken in [
        "",
        "printf 'P6\\n2 1\\n255\\nabcde'",
        "printf 'P6\\n2 1\\n255\\nabcdef'; exit 1",
        "printf 'P6\\n2 1\\n255\\nabcdef'; kill -9 $$",
        "exit 10",
        "exec cat /dev/zero",
    ] {
        assert!(is_figures_fault(Fake::new(broken).draw()), "{broken}");
    }
    let two = Fake::new("printf 'P6\\n1 1\\n255\\nabcP6\\n1 1\\n255\\nabc'").draw();
    assert!(matches!(two, Err(Undrawn::Figure(why)) if why.contains("page")));
}

#[test]
fn what_hangs_is_ended_with_all_that_it_started() {
    let hangs = Fake::new("sleep 1000 &\necho $$ $! >pids.new; mv pids.new pids; wait");
    let pids = (0..6).find_map(|power| {
        assert!(is_figures_fault(hangs.draw_within(Duration::from_millis(200 << power))));
        fs::read_to_string(hangs.at("pids")).ok()
    });
    for pid in pids.unwrap().split_whitespace() {
        // Whoever reaps orphans may take its time.
        let status = Path::new("/proc").join(pid).join("status");
        while fs::read_to_string(&status).is_ok_and(|it| !it.contains("State:\tZ")) {
            sleep(Duration::from_millis(1));
        }
    }
}

#[test]
fn it_gets_the_figure_and_nothing_else() {
    let looks = Fake::new(
        "env >env; (echo x >/dev/stdin) 2>/dev/null && touch written\n\
         printf 'P6\\n1 1\\n255\\nabc'",
    );
    assert!(looks.draw().is_ok());
    let environment = fs::read_to_string(looks.at("env")).unwrap();
    assert!(environment.contains("PATH=/usr/bin:/bin") && !environment.contains("CARGO"));
    assert!(!looks.at("written").exists());
}

#[test]
fn what_the_host_lacks_is_not_the_figures_fault() {
    let missing = Renderer::at("/nowhere/sluice-render");
    let why = missing.try_out(ContentKind::Pdf).unwrap_err();
    assert!(why.starts_with("/nowhere/sluice-render: "), "{why}");
    let drawn = missing.draw(ContentKind::Svg, Figure::new().unwrap(), PATIENCE);
    assert_eq!(drawn.err(), Some(Undrawn::Host(why)));
    for (ours, wanted) in [
        ("echo sluice-render: no Landlock >&2; exit 1", "fake: no Landlock"),
        ("printf 'P6\\n1 1\\n255\\n\\377\\377\\377'", "install fonts"),
        ("kill -9 $$", "more time or memory"),
    ] {
        let why = Fake::with(ours, "exit 10").draw();
        assert!(matches!(&why, Err(Undrawn::Host(why)) if why.contains(wanted)), "{why:?}");
    }
}
