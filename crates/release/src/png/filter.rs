//! Rows of a PNG hold differences to neighbours.

/// Turns the differences of a row into values; `step` is how far the neighbour on the left is.
pub(super) fn unfilter(filter: u8, row: &mut [u8], above: &[u8], step: usize) -> Option<()> {
    match filter {
        0 => {}
        1 => {
            for at in step..row.len() {
                row[at] = row[at].wrapping_add(row[at - step]);
            }
        }
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

fn each(row: &mut [u8], above: &[u8], step: usize, predict: impl Fn(u8, u8, u8) -> u8) {
    for at in 0..row.len().min(step) {
        row[at] = row[at].wrapping_add(predict(0, above[at], 0));
    }
    for at in step..row.len() {
        let predicted = predict(row[at - step], above[at], above[at - step]);
        row[at] = row[at].wrapping_add(predicted);
    }
}

/// The neighbour that is nearest to `left + up - corner`.
fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let [a, b, c] = [left, up, corner].map(i16::from);
    let [to_left, to_up, to_corner] = [b - c, a - c, a + b - 2 * c].map(i16::abs);
    match () {
        () if to_left <= to_up && to_left <= to_corner => left,
        () if to_up <= to_corner => up,
        () => corner,
    }
}
