//! What was checked of a table's numbers, for whoever reads its manifest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sluice_policy::entry::{Output, Zero};

/// Vocabulary of statistical disclosure control that ACRO uses.
const STATBARN: &str = "https://www.w3id.org/statbarnsdc#";

/// One check that a file passed. All of it is the entry's own text, none the file's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Outcome {
    /// What is checked: the rule's key, or what follows from it.
    pub rule: String,
    /// The risk that it lowers, as an address of the vocabulary.
    pub risk: String,
    /// The vocabulary's check or mitigation, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
    /// The rule's columns.
    pub columns: Vec<String>,
    /// Its other values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// Always `passed`: what doesn't is held.
    pub result: String,
}

impl Outcome {
    /// Of columns and other values of a rule.
    pub fn new(
        rule: &str,
        (risk, check): (&str, Option<&str>),
        columns: &[String],
        parameters: &[(&str, String)],
    ) -> Self {
        let term = |word: &str| format!("{STATBARN}{word}");
        let parameters = parameters.iter().map(|(name, value)| ((*name).into(), value.clone()));
        Self {
            rule: rule.into(),
            risk: term(risk),
            check: check.map(term),
            columns: columns.to_vec(),
            parameters: parameters.collect(),
            result: "passed".into(),
        }
    }
}

/// Those of a table that passed `rule`.
pub(super) fn all(rule: &Output) -> Vec<Outcome> {
    const THRESHOLD: (&str, Option<&str>) = ("LowCount", Some("MinimumThresholdCheck"));
    let mut outcomes = Vec::new();
    if let Some(counts) = &rule.counts {
        let columns = &counts.columns;
        let minimum = ("minimum", counts.minimum.to_string());
        outcomes.push(Outcome::new("counts", THRESHOLD, columns, std::slice::from_ref(&minimum)));
        if counts.zero == Zero::Hold {
            let check = ("ClassDisclosure", Some("PresenceOfZeroCheck"));
            outcomes.push(Outcome::new("zero", check, columns, &[]));
        }
        if let Some(multiple) = counts.multiple_of {
            let parameters = [("multiple-of", multiple.to_string())];
            let check = ("Differencing", Some("Rounding"));
            outcomes.push(Outcome::new("multiple-of", check, columns, &parameters));
        }
        if counts.are_compared() {
            let check = ("Differencing", None);
            outcomes.push(Outcome::new("earlier", check, columns, std::slice::from_ref(&minimum)));
        }
        let check = ("ImplicitTables", Some("Suppression"));
        outcomes.push(Outcome::new("totals", check, columns, std::slice::from_ref(&minimum)));
        if let Some(percent) = &rule.percent {
            let parameters = [("of", percent.of.clone()), minimum];
            outcomes.push(Outcome::new("percent", THRESHOLD, &percent.columns, &parameters));
        }
    }
    if let Some(contributors) = &rule.contributors {
        let columns = std::slice::from_ref(&contributors.column);
        let parameters = [("minimum", contributors.minimum.to_string())];
        outcomes.push(Outcome::new("contributors", THRESHOLD, columns, &parameters));
    }
    if let Some(dominance) = &rule.dominance {
        let parameters = [
            ("k", dominance.percent.to_string()),
            ("n", dominance.largest.len().to_string()),
            ("total", dominance.total.clone()),
        ];
        let check = ("Dominance", Some("NKCheck"));
        outcomes.push(Outcome::new("dominance", check, &dominance.largest, &parameters));
    }
    outcomes
}
