//! The file of a picture that was drawn elsewhere.

use miniz_oxide::deflate::compress_to_vec_zlib;
use sluice_protocol::drawing::Picture;

use crate::{crc::crc32, png::SIGNATURE};

/// Eight bits for each of three colours, no lacing.
const RGB: [u8; 5] = [8, 2, 0, 0, 0];
/// zlib's usual level.
const LEVEL: u8 = 6;

/// A PNG of these pixels: the same bytes for the same pixels, and nothing of anybody else's choosing.
pub fn png(picture: &Picture) -> Vec<u8> {
    // Each row behind the number of its filter, none.
    let rows: Vec<u8> =
        picture.rows().flat_map(|row| [0].into_iter().chain(row.iter().copied())).collect();
    let sides = [picture.width(), picture.height()].map(u32::to_be_bytes).concat();
    let mut png = SIGNATURE.to_vec();
    chunk(&mut png, b"IHDR", &[&*sides, &RGB].concat());
    chunk(&mut png, b"IDAT", &compress_to_vec_zlib(&rows, LEVEL));
    chunk(&mut png, b"IEND", &[]);
    png
}

fn chunk(png: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    // A picture's pixels are far below 4 GiB.
    png.extend((data.len() as u32).to_be_bytes());
    let from = png.len();
    png.extend(kind);
    png.extend(data);
    png.extend(crc32(&png[from..]).to_be_bytes());
}
