//! Reads the version of the installed Slurm headers: a SPANK plugin is built for one major.minor.

use std::{env, fs, path::Path};

fn main() {
    println!("cargo::rerun-if-env-changed=SLURM_INCLUDE_DIR");
    let include = env::var("SLURM_INCLUDE_DIR").unwrap_or_else(|_| "/usr/include".into());
    let header = Path::new(&include).join("slurm/slurm_version.h");
    println!("cargo::rerun-if-changed={}", header.display());

    let text = fs::read_to_string(&header).unwrap_or_else(|e| {
        panic!("{}: {e}; install Slurm's headers (libslurm-dev)", header.display())
    });
    let number = text
        .lines()
        .find_map(|line| line.strip_prefix("#define SLURM_VERSION_NUMBER 0x"))
        .and_then(|hex| u32::from_str_radix(hex.trim(), 16).ok())
        .unwrap_or_else(|| panic!("{}: no SLURM_VERSION_NUMBER", header.display()));

    let name = format!("{:02}_{:02}", number >> 16, number >> 8 & 0xff);
    let bindings = format!("slurm_{name}.rs");
    let sources = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    assert!(
        Path::new(&sources).join("src/ffi/bindings").join(&bindings).exists(),
        "no bindings for Slurm {name}: run `make bindings` and review the result"
    );
    // slurmstepd unloads its plugins before it has ended, and the handler of a signal stays.
    println!("cargo::rustc-link-arg-cdylib=-Wl,-z,nodelete");
    println!("cargo::rustc-check-cfg=cfg(slurm_jobs_by_step)");
    if number >= 0x1a_05_00 {
        println!("cargo::rustc-cfg=slurm_jobs_by_step");
    }
    println!("cargo::rustc-env=SLUICE_SLURM_NUMBER={number}");
    println!("cargo::rustc-env=SLUICE_SLURM_VERSION={}", name.replace('_', "."));
    // Without its directory, so that what cargo keeps of this outlives a move of the checkout.
    println!("cargo::rustc-env=SLUICE_BINDINGS={bindings}");
}
