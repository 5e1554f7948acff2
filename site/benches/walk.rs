//! `walk DIR COUNT`: median seconds of the stat walk that an admission makes of a bundle.
#![allow(clippy::unwrap_used)]

use std::os::fd::AsFd;
use std::path::Path;
use std::time::Instant;

use sluice_site::bundle::survey;
use sluice_sys::beneath::open_dir;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    // Cargo runs every benchmark, with options of its own.
    let [dir, count] = &words[..] else { return };
    let mut times: Vec<f64> = (0..count.parse().unwrap())
        .map(|_| {
            let source = open_dir(Path::new(dir)).unwrap();
            let start = Instant::now();
            assert!(!survey(source.as_fd(), &[], &mut || ()).unwrap().found.is_empty());
            start.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{}", times[times.len() / 2]);
}
