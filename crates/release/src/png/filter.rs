//! Rows of a PNG hold differences to neighbours.

/// Turns the differences of a row into values; `step` is how far the neighbour on the left is.
pub(super) fn unfilter(filter: u8, row: &mut [u8], above: &[u8], step: usize) -> Option<()> {
    match filter {
        0 => {}
        1 => each(row, above, step, |left, _, _| left),
        2 => {
            for (value, up) in row.iter_mut().zip(above) {
                *value = value.wrapping_add(*up);
            }
        }
        3 => each(row, above, step, |left, up, _| left.midpoint(up)),
        4 => each(row, above, step, paeth),
        _ => return None,
    }
    Some(())
}

/// A row is whole pixels, so that each knows the one before it.
fn each(row: &mut [u8], above: &[u8], step: usize, predict: impl Fn(u8, u8, u8) -> u8) {
    match step {
        1 => each_of::<1>(row, above, predict),
        2 => each_of::<2>(row, above, predict),
        3 => each_of::<3>(row, above, predict),
        4 => each_of::<4>(row, above, predict),
        6 => each_of::<6>(row, above, predict),
        _ => each_of::<8>(row, above, predict),
    }
}

fn each_of<const STEP: usize>(row: &mut [u8], above: &[u8], predict: impl Fn(u8, u8, u8) -> u8) {
    let [mut left, mut corner] = [[0; STEP]; 2];
    let pixels = row.as_chunks_mut::<STEP>().0.iter_mut();
    for (pixel, up) in pixels.zip(above.as_chunks::<STEP>().0) {
        for at in 0..STEP {
            pixel[at] = pixel[at].wrapping_add(predict(left[at], up[at], corner[at]));
        }
        (left, corner) = (*pixel, *up);
    }
}

/// The neighbour that is nearest to `left + up - corner`.
pub(crate) fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let [a, b, c] = [left, up, corner].map(i16::from);
    let [to_left, to_up, to_corner] = [b - c, a - c, a + b - 2 * c].map(i16::abs);
    match () {
        () if to_left <= to_up && to_left <= to_corner => left,
        () if to_up <= to_corner => up,
        () => corner,
    }
}
