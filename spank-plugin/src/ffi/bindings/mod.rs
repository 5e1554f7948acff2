//! Slurm's C interface as bindgen sees it in the headers of the version built for.
//!
//! `spank.h` and `slurm.h` are the source; `make bindings` regenerates the checked-in files.
#![allow(non_camel_case_types, non_upper_case_globals, missing_docs, unreachable_pub, dead_code)]
#![allow(clippy::all)]

include!(env!("SLUICE_BINDINGS"));
