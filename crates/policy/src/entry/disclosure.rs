//! What a table's numbers must be for a machine to let it leave. The names are those of the field's
//! handbooks on statistical disclosure control; the defaults of ACRO's `default.yaml` are the strict
//! end of what sites ask for.

use serde::{Deserialize, Serialize};

/// Frequencies: each is none, suppressed, or large enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Counts {
    /// Columns of counts; a `*` at the end of a name stands for any end.
    pub columns: Vec<String>,
    /// Smallest count that is shown.
    pub minimum: u64,
    /// What each must be a multiple of, so that one person more or less doesn't show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multiple_of: Option<u64>,
    /// Whether 0 is shown: that nobody is in a group says something of everybody in the others.
    #[serde(default)]
    pub zero: Zero,
    /// Columns whose cells together tell a table's rows apart; none for tables of one row. There if
    /// the counts are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
    /// Whether they are compared with counts that were released before.
    #[serde(default, skip_serializing_if = "Earlier::is_compare")]
    pub earlier: Earlier,
}

/// What becomes of a count of 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Zero {
    /// It passes.
    Allow,
    /// It is held, as a small count is.
    #[default]
    Hold,
}

/// Whether counts are compared with earlier ones of the same groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Earlier {
    /// One that differs from an earlier one by less than the minimum is held.
    #[default]
    Compare,
    /// They are neither compared nor remembered.
    Ignore,
}

impl Earlier {
    fn is_compare(&self) -> bool {
        *self == Self::Compare
    }
}

/// Percentages of a count: what each stands for is a count as well, and so is what is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Percent {
    /// Columns of percentages, 0 to 100; a `*` at the end of a name stands for any end.
    pub columns: Vec<String>,
    /// Column of the counts that they are parts of; one of `[output.counts]`.
    pub of: String,
}

/// How many persons each row is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Contributors {
    /// Column with their number.
    pub column: String,
    /// Fewest.
    pub minimum: u64,
}

/// The (n,k) rule: the n largest make up at most k percent of a row's total.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Dominance {
    /// Columns with the largest contributions to a row's total; n is how many there are.
    pub largest: Vec<String>,
    /// Column with the total.
    pub total: String,
    /// The most that the largest may be of it together, in percent: k.
    pub percent: u32,
}

impl Counts {
    /// Whether the column is one of its.
    pub fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|name| stands_for(name, column))
    }

    /// Whether two of them can tell of few persons that are compared with each other: multiples of
    /// the minimum or more are as far apart.
    pub fn are_compared(&self) -> bool {
        let apart = self.multiple_of.is_some_and(|of| of >= self.minimum);
        self.earlier == Earlier::Compare && self.minimum > 1 && !apart
    }
}

/// Whether a rule's name for columns is `column`'s, or is its beginning with a `*` behind it.
pub fn stands_for(name: &str, column: &str) -> bool {
    match name.strip_suffix('*') {
        Some(start) => column.starts_with(start),
        None => column == name,
    }
}
