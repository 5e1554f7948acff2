//! The operators of content, and what stands before each.

use super::object::Object;

/// `n`: a number, `N`: a name, `s`: a text, `t`: texts and numbers, `d`: numbers, `*`: numbers and perhaps a name.
const OPERATORS: &[(&str, &str)] = &[
    ("\"", "nns"),
    ("'", "s"),
    ("B", ""),
    ("B*", ""),
    ("BDC", "NP"),
    ("BMC", "N"),
    ("BT", ""),
    ("CS", "N"),
    ("Do", "N"),
    ("EMC", ""),
    ("ET", ""),
    ("F", ""),
    ("G", "n"),
    ("J", "n"),
    ("K", "nnnn"),
    ("M", "n"),
    ("Q", ""),
    ("RG", "nnn"),
    ("S", ""),
    ("SC", "*"),
    ("SCN", "*"),
    ("T*", ""),
    ("TD", "nn"),
    ("TJ", "t"),
    ("TL", "n"),
    ("Tc", "n"),
    ("Td", "nn"),
    ("Tf", "Nn"),
    ("Tj", "s"),
    ("Tm", "nnnnnn"),
    ("Tr", "n"),
    ("Ts", "n"),
    ("Tw", "n"),
    ("Tz", "n"),
    ("W", ""),
    ("W*", ""),
    ("b", ""),
    ("b*", ""),
    ("c", "nnnnnn"),
    ("cm", "nnnnnn"),
    ("cs", "N"),
    ("d", "dn"),
    ("d0", "nn"),
    ("d1", "nnnnnn"),
    ("f", ""),
    ("f*", ""),
    ("g", "n"),
    ("gs", "N"),
    ("h", ""),
    ("i", "n"),
    ("j", "n"),
    ("k", "nnnn"),
    ("l", "nn"),
    ("m", "nn"),
    ("n", ""),
    ("q", ""),
    ("re", "nnnn"),
    ("rg", "nnn"),
    ("ri", "N"),
    ("s", ""),
    ("sc", "*"),
    ("scn", "*"),
    ("sh", "N"),
    ("v", "nnnn"),
    ("w", "n"),
    ("y", "nnnn"),
];
/// Most numbers of a colour.
const MAX_COLOUR: usize = 8;

/// What must stand before an operator, if it is known.
pub(super) fn operands(operator: &[u8]) -> Option<&'static str> {
    let at = OPERATORS.binary_search_by(|(name, _)| name.as_bytes().cmp(operator)).ok()?;
    Some(OPERATORS[at].1)
}

/// Whether they do.
pub(super) fn fit(form: &str, operands: &[Object]) -> bool {
    if form == "*" {
        let numbers = operands.iter().take_while(|operand| operand.number().is_some()).count();
        return operands.len() <= MAX_COLOUR
            && (numbers == operands.len()
                || (numbers + 1 == operands.len() && operands[numbers].name().is_some()));
    }
    form.len() == operands.len()
        && form.bytes().zip(operands).all(|(form, operand)| match (form, operand) {
            (b'n', operand) => operand.number().is_some(),
            (b'N', Object::Name(_))
            | (b's', Object::Text(_))
            | (b'P', Object::Name(_) | Object::Dict(_)) => true,
            (b't', Object::Array(items)) => {
                items.iter().all(|item| item.number().is_some() || matches!(item, Object::Text(_)))
            }
            (b'd', Object::Array(items)) => items.iter().all(|item| item.number().is_some()),
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::OPERATORS;

    #[test]
    fn operators_are_found() {
        assert!(OPERATORS.is_sorted_by_key(|(name, _)| *name));
    }
}
