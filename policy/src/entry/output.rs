use serde::{Deserialize, Serialize};

/// Largest `max-bytes` of a rule: what is checked is held in memory whole.
pub const MAX_OUTPUT_BYTES: u64 = 256 << 20;

/// A release rule: which files may leave, and what they must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Output {
    /// Paths in the run directory; `*` stays within a directory, `**` does not.
    pub glob: String,
    /// What the content must be.
    pub kind: ContentKind,
    /// Whether a run without such a file publishes nothing.
    #[serde(default)]
    pub required: bool,
    /// Largest file, in bytes.
    pub max_bytes: u64,
    /// Most rows below the header; csv and tsv only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rows: Option<u64>,
    /// Whether a person decides even if the content passes.
    #[serde(default)]
    pub review: bool,
}

/// Content that the machine can check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContentKind {
    /// Comma-separated values after RFC 4180.
    Csv,
    /// Tab-separated values.
    Tsv,
    /// One JSON value.
    Json,
    /// A drawing without active content.
    Svg,
    /// An image.
    Png,
    /// A document without active content.
    Pdf,
    /// Printable UTF-8.
    Text,
}
