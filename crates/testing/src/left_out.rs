use std::{env, fs::OpenOptions, io::Write, thread};

/// Names a file to which a test adds its name if it needs what this machine doesn't have. Without
/// the file it fails: nothing that was not tested is counted as passed.
const LIST: &str = "SLUICE_TESTS_LEFT_OUT";

/// Whether the calling test may go on: it needs root, since ownership is the point.
pub fn is_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        leave_out("root");
    }
    root
}

/// Lists the calling test as left out, for want of this.
///
/// # Panics
/// If nobody asked for such a list.
pub fn leave_out(need: &str) {
    let Some(list) = env::var_os(LIST) else {
        panic!("this test needs {need}; {LIST}=FILE leaves it out and adds its name to the file");
    };
    let mut list = OpenOptions::new().create(true).append(true).open(list).unwrap();
    // One write: tests run side by side.
    let line = format!("{} needs {need}\n", thread::current().name().unwrap_or("a test"));
    list.write_all(line.as_bytes()).unwrap();
}
