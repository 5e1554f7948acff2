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
    /// Columns that the header must have; csv and tsv only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Columns that the header must not have, in upper or lower case; csv and tsv only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forbidden_columns: Vec<String>,
    /// Whether a person decides even if the content passes; see [`Output::needs_review`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<bool>,
}

impl Output {
    /// Whether a person decides. Of pictures, documents and free text a machine knows only that
    /// they are well-formed, so there a person does unless the entry says otherwise.
    pub fn needs_review(&self) -> bool {
        use ContentKind::{Pdf, Png, Svg, Text};
        self.review.unwrap_or(matches!(self.kind, Svg | Png | Pdf | Text))
    }
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
