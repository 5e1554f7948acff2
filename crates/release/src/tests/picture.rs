//! Figures that leave as pictures of ours.

use sluice_protocol::drawing::{LONGEST_SIDE, Picture};

use super::*;

fn verdict(rule: &Output, picture: &Picture) -> Result<Passed, Hold> {
    let png = png(picture);
    check(&rule.of_picture(), &mut png.as_slice(), png.len() as u64)
}

#[test]
fn a_picture_of_ours_passes_whatever_its_pixels() {
    let rule = Output { rasterise: true, ..rule(ContentKind::Svg) };
    let mut state = 1_u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as u8
    };
    for (width, height) in [(1, 1), (LONGEST_SIDE, 1), (1, LONGEST_SIDE), (700, 500)] {
        let bytes = 3 * (width * height) as usize;
        for pixels in [vec![255; bytes], (0..bytes).map(|_| noise()).collect()] {
            let picture = Picture::new(width, pixels).unwrap();
            assert_eq!(verdict(&rule, &picture), Ok(Passed::default()), "{width} x {height}");
            assert_eq!(png(&picture), png(&picture));
        }
    }
}

#[test]
fn a_rasterised_file_itself_never_passes() {
    for kind in [ContentKind::Svg, ContentKind::Pdf] {
        let rule = Output { rasterise: true, ..rule(kind) };
        let figure = b"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>";
        assert_eq!(check_as(&rule, figure).unwrap_err().code, HoldCode::NotDrawn);
        let large = check_as(&rule, &[b' '; 4097]).unwrap_err().code;
        assert_eq!(large, HoldCode::TooLarge);
    }
}

#[test]
fn a_person_looks_at_it_unless_the_rule_says_otherwise() {
    let rule = Output { rasterise: true, review: None, ..rule(ContentKind::Pdf) };
    let picture = Picture::new(1, vec![0; 3]).unwrap();
    assert_eq!(verdict(&rule, &picture).unwrap_err().code, HoldCode::ReviewRequired);
}
