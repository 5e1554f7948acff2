//! What a figure that has taken over its renderer could try. Each attempt is made twice by a process of
//! its own: free, where it must succeed, and confined, where it must not.
#![allow(clippy::unwrap_used)]

use std::{
    env,
    ffi::OsStr,
    fs::{self, File},
    io::{Write, pipe},
    net::{TcpListener, TcpStream},
    os::{
        fd::AsFd,
        unix::{net::UnixStream, process::CommandExt},
    },
    path::Path,
    process::{Command, ExitCode, Stdio},
    thread,
};

use nix::{
    sys::{ptrace, uio},
    time::{ClockId, clock_gettime},
    unistd::Pid as NixPid,
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{FlockOperation, MemfdFlags, Mode, OFlags, fcntl_lock, memfd_create, open},
    io::{FdFlags, fcntl_setfd},
    net::{AddressFamily, SocketType, socket},
    process::{
        PidfdFlags, Resource, Rlimit, Signal, getppid, getrlimit, kill_process, pidfd_open,
        setrlimit, setsid, test_kill_process,
    },
    thread::UnshareFlags,
};
use sluice_render::{FONTS, Kind, Undrawn, confine};
use sluice_sys::{child, namespaces::unshare};

/// Exit status of an attempt that came to nothing.
const IN_VAIN: u8 = 3;

/// What is there for an attempt: files that the renderer has no business with.
struct Target<'a> {
    dir: &'a Path,
}

type Attempt = fn(&Target<'_>) -> bool;

const ATTEMPTS: &[(&str, Attempt)] = &[
    ("read-key", |it| fs::read(it.dir.join("key")).is_ok()),
    ("read-etc", |_| fs::read("/etc/passwd").is_ok()),
    ("read-system", |_| fs::read("/usr/bin/env").is_ok()),
    ("list-root", |_| fs::read_dir("/").is_ok()),
    ("read-environment", |_| fs::read(format!("/proc/{}/environ", parent())).is_ok()),
    ("read-memory", |_| File::open(format!("/proc/{}/mem", parent())).is_ok()),
    ("write-file", |it| fs::write(it.dir.join("new"), "x").is_ok()),
    ("append-file", |it| File::options().append(true).open(it.dir.join("key")).is_ok()),
    // Access mode 3, for neither reading nor writing, which empties what it opens.
    ("open-for-neither", |it| {
        let flags = OFlags::RWMODE | OFlags::TRUNC;
        open(it.dir.join("key"), flags, Mode::empty()).is_ok()
    }),
    ("lock", |_| {
        File::open(FONTS[0])
            .is_ok_and(|it| fcntl_lock(&it, FlockOperation::NonBlockingLockShared).is_ok())
    }),
    ("make-directory", |it| fs::create_dir(it.dir.join("directory")).is_ok()),
    ("remove-file", |it| fs::remove_file(it.dir.join("key")).is_ok()),
    ("connect", |_| TcpStream::connect(env::var("PORT").unwrap_or_default()).is_ok()),
    ("listen", |_| TcpListener::bind("127.0.0.1:0").is_ok()),
    ("datagram", |_| socket(AddressFamily::INET, SocketType::DGRAM, None).is_ok()),
    ("netlink", |_| socket(AddressFamily::NETLINK, SocketType::RAW, None).is_ok()),
    ("socket-pair", |_| UnixStream::pair().is_ok()),
    ("execute", |it| becomes(it.dir.join("program"))),
    ("execute-system", |_| becomes("/bin/true")),
    ("fork", |_| child::fork(|| 0).and_then(child::Child::wait).is_ok_and(|it| it == Some(0))),
    ("thread", |_| thread::Builder::new().spawn(|| ()).is_ok()),
    ("leave-session", |_| setsid().is_ok()),
    ("find-parent", |_| getppid().is_some_and(|pid| test_kill_process(pid).is_ok())),
    ("signal-parent", |_| getppid().is_some_and(|pid| kill_process(pid, Signal::CONT).is_ok())),
    ("open-parent", |_| getppid().is_some_and(|pid| pidfd_open(pid, PidfdFlags::empty()).is_ok())),
    ("trace-parent", |_| {
        ptrace::seize(NixPid::from_raw(parent()), ptrace::Options::empty()).is_ok()
    }),
    ("copy-from-parent", |_| {
        let (mut here, there) = ([0], 0);
        let there = [uio::RemoteIoVec { base: &raw const there as usize, len: 0 }];
        let mut here = [std::io::IoSliceMut::new(&mut here)];
        uio::process_vm_readv(NixPid::from_raw(parent()), &mut here, &there).is_ok()
    }),
    ("clock-of-parent", |_| clock_gettime(ClockId::from_raw((!parent() << 3) | 2)).is_ok()),
    ("user-namespace", |_| unshare(UnshareFlags::NEWUSER).is_ok()),
    ("memory-file", |_| memfd_create("x", MemfdFlags::CLOEXEC).is_ok()),
    ("take-memory", |_| Vec::<u8>::new().try_reserve_exact(3 << 30).is_ok()),
    ("raise-limit", |_| {
        let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok()
    }),
    ("many-descriptors", |_| {
        let all: Vec<_> =
            (0..100).map_while(|_| std::io::stdin().as_fd().try_clone_to_owned().ok()).collect();
        all.len() == 100
    }),
    // To a file that is open: the test gives it for standard output.
    ("fill-disk", |_| {
        std::io::stdout().write_all(b"x").is_ok() && std::io::stdout().flush().is_ok()
    }),
];

/// Allowed to a PDF: its program, as confined.
const DRAWER: &str = "execute-pdftoppm";

/// Comes back only if it can't.
fn becomes(program: impl AsRef<OsStr>) -> bool {
    drop(Command::new(program).arg("-v").exec());
    false
}

fn parent() -> i32 {
    getppid().map_or(-1, |pid| pid.as_raw_nonzero().get())
}

fn main() -> ExitCode {
    let words: Vec<String> = env::args().collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[1..] {
        ["attempt", name, kind, dir] => attempt(name, kind, Path::new(dir)),
        _ => all(),
    }
}

fn attempt(name: &str, kind: &str, dir: &Path) -> ExitCode {
    if let Some(kind) = Kind::of(kind) {
        confine(kind).unwrap_or_else(|why: Undrawn| panic!("{why:?}"));
    }
    let succeeds = match ATTEMPTS.iter().find(|(known, _)| *known == name) {
        Some((_, attempt)) => attempt(&Target { dir }),
        None => becomes("/usr/bin/pdftoppm"),
    };
    match succeeds {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(IN_VAIN),
    }
}

fn all() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().to_string();
    let mut wrong = Vec::new();
    let mut check = |name: &str, kind: &str, wanted: bool| {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("key"), "secret").unwrap();
        fs::copy("/bin/true", dir.path().join("program")).unwrap();
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["attempt", name, kind]).arg(dir.path());
        command.env_clear().env("PORT", &port);
        let out = File::create(dir.path().join("out")).unwrap();
        let status = command.stdout(out).stderr(Stdio::null()).status().unwrap();
        if status.success() != wanted {
            wrong.push(format!("{name} {kind}: {status}"));
        }
    };
    for (name, _) in ATTEMPTS {
        check(name, "free", true);
        check(name, "svg", false);
        check(name, "pdf", false);
    }
    check(DRAWER, "free", true);
    check(DRAWER, "svg", false);
    check(DRAWER, "pdf", true);
    if !closes_what_it_inherits() {
        wrong.push("an inherited descriptor stays open".into());
    }
    if !ends_first() {
        wrong.push("the kernel would end others before it".into());
    }
    println!("{} attempts, wrong: {wrong:?}", ATTEMPTS.len() + 3);
    ExitCode::from(u8::from(!wrong.is_empty()))
}

/// The program, waiting for its figure, holds no end of a pipe that it was started with.
fn closes_what_it_inherits() -> bool {
    let (ours, theirs) = pipe().unwrap();
    let (figure, kept) = pipe().unwrap();
    fcntl_setfd(&theirs, FdFlags::empty()).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_sluice-render"));
    let mut program = program.arg("svg").stdin(figure).stdout(Stdio::null()).spawn().unwrap();
    drop(theirs);
    // The other end is gone once nobody has it; else this is how long it may take to start.
    let limit = Timespec { tv_sec: 30, tv_nsec: 0 };
    let closed = poll(&mut [PollFd::new(&ours, PollFlags::IN)], Some(&limit)).unwrap() == 1;
    let waits = program.try_wait().unwrap().is_none();
    drop(kept);
    program.wait().unwrap();
    closed && waits
}

/// Where memory is short.
fn ends_first() -> bool {
    let mut program = Command::new(env!("CARGO_BIN_EXE_sluice-render"));
    let mut program =
        program.arg("svg").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    // More than a pipe holds: once all is taken, it reads its figure.
    program.stdin.as_mut().unwrap().write_all(&[b' '; 1 << 18]).unwrap();
    let score = fs::read_to_string(format!("/proc/{}/oom_score_adj", program.id())).unwrap();
    program.kill().unwrap();
    program.wait().unwrap();
    score.trim() == "1000"
}
