//! `sluice-render svg|pdf`: a figure on standard input, its picture as PPM on standard output.
#![forbid(unsafe_code)]

use std::{
    env,
    io::{self, Read, Write},
    process::ExitCode,
};

use sluice_protocol::drawing::{Flaw, MAX_FIGURE};
use sluice_render::{Kind, Undrawn, confine, fonts, pdf, svg};
use sluice_sys::descriptors;

fn main() -> ExitCode {
    let closed = descriptors::close_inherited().map_err(Undrawn::from);
    match closed.and_then(|()| draw()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Undrawn::Host(why)) => {
            eprintln!("sluice-render: {why}");
            ExitCode::FAILURE
        }
        Err(Undrawn::Figure(flaw)) => ExitCode::from(flaw as u8),
    }
}

fn draw() -> Result<(), Undrawn> {
    let words: Vec<String> = env::args().skip(1).collect();
    let kind = match words.as_slice() {
        [word] => Kind::of(word),
        _ => None,
    };
    let kind = kind.ok_or_else(|| Undrawn::Host("usage: sluice-render svg|pdf".into()))?;
    confine(kind)?;
    let fonts = fonts()?;
    match kind {
        Kind::Pdf => Err(pdf::draw()),
        Kind::Svg => {
            let mut text = String::new();
            let read = io::stdin().lock().take(MAX_FIGURE).read_to_string(&mut text);
            read.map_err(|_| Undrawn::Figure(Flaw::Damaged))?;
            let picture = svg::draw(&text, fonts).map_err(Undrawn::Figure)?;
            let mut out = io::stdout().lock();
            picture.write(&mut out)?;
            Ok(out.flush()?)
        }
    }
}
