use serde::{Deserialize, Serialize};

use super::disclosure::{Contributors, Counts, Dominance, Percent};

/// Largest `max-bytes` of a rule whose files are checked in memory whole.
pub const MAX_WHOLE_BYTES: u64 = 256 << 20;
/// Largest `max-bytes` of a rule whose files are checked as they are read.
pub const MAX_STREAMED_BYTES: u64 = 1 << 40;

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
    /// Whether a person decides even if the content passes; see [`Output::needs_review`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<bool>,

    /// Most rows below the header, those inside cells included; tables only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rows: Option<u64>,
    /// Columns that the header must have; tables only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Whether it may have others too: in format 2 only if the rule says so. Tables only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_columns: Option<bool>,
    /// Whether the entry has format 1, where the header may always have others. Known where a whole
    /// entry was read, and written nowhere: what is older would not know the key.
    #[serde(skip)]
    pub open: bool,
    /// Columns that the header must not have; tables only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forbidden_columns: Vec<String>,
    /// Most columns; tables only. See [`Output::max_columns`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_columns: Option<u32>,
    /// Longest cell, in bytes; tables only. See [`Output::max_cell_bytes`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_cell_bytes: Option<u32>,
    /// What a line of comment starts with, above the header; tables only. Always `#`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments: Option<char>,
    /// Whether rows begin with a name that the header has no column for, as R writes them, or an
    /// empty one; tables only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub row_names: bool,
    /// What its counts must be; tables only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// What its percentages must be; tables only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<Percent>,
    /// How many each row must be made of; tables only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contributors: Option<Contributors>,
    /// How much of a total the largest may make up; tables only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dominance: Option<Dominance>,

    /// Whether the file is compressed with gzip, and the rule holds for what is in it; kinds that
    /// are text only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gzip: bool,
    /// Largest content of a compressed file, in bytes; with `gzip` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_unpacked_bytes: Option<u64>,

    /// Deepest nesting; json only. See [`Output::max_depth`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_depth: Option<u32>,
    /// Most values and members together; json only. See [`Output::max_items`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u64>,

    /// Most points of a drawing's shapes; svg only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_points: Option<u64>,

    /// Whether a picture of ours leaves in the file's place, checked by [`Output::of_picture`]; svg and
    /// pdf only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rasterise: bool,
}

impl Output {
    /// A rule with nothing but what each must have.
    pub fn new(glob: &str, kind: ContentKind, max_bytes: u64) -> Self {
        Self {
            glob: glob.into(),
            kind,
            required: false,
            max_bytes,
            review: None,
            max_rows: None,
            columns: Vec::new(),
            extra_columns: None,
            open: false,
            forbidden_columns: Vec::new(),
            max_columns: None,
            max_cell_bytes: None,
            comments: None,
            row_names: false,
            counts: None,
            percent: None,
            contributors: None,
            dominance: None,
            gzip: false,
            max_unpacked_bytes: None,
            max_depth: None,
            max_items: None,
            max_points: None,
            rasterise: false,
        }
    }

    /// What the picture must be that leaves in the place of a rasterised file.
    pub fn of_picture(&self) -> Self {
        let review = self.review;
        Self { review, ..Self::new(&self.glob, ContentKind::Png, MAX_WHOLE_BYTES) }
    }

    /// Whether a person decides. Of pictures, documents and free text a machine knows only that
    /// they are well-formed, so there a person does unless the entry says otherwise; of other
    /// kinds it knows nothing.
    pub fn needs_review(&self) -> bool {
        match self.kind {
            ContentKind::Other => true,
            ContentKind::Csv | ContentKind::Tsv | ContentKind::Json => self.review == Some(true),
            _ => self.review != Some(false),
        }
    }

    /// Whether the header may have columns that the rule doesn't name.
    pub fn extra_columns(&self) -> bool {
        self.extra_columns.unwrap_or(self.open)
    }

    /// Most columns of a table.
    pub fn max_columns(&self) -> u32 {
        self.max_columns.unwrap_or(1000)
    }

    /// Longest cell of a table, in bytes.
    pub fn max_cell_bytes(&self) -> u32 {
        self.max_cell_bytes.unwrap_or(256)
    }

    /// Deepest nesting of JSON.
    pub fn max_depth(&self) -> u32 {
        self.max_depth.unwrap_or(16)
    }

    /// Most values and members of JSON.
    pub fn max_items(&self) -> u64 {
        self.max_items.unwrap_or(100_000)
    }

    /// Largest content, in bytes, compressed or not.
    pub fn max_content_bytes(&self) -> u64 {
        self.max_unpacked_bytes.unwrap_or(self.max_bytes)
    }
}

/// Content that a rule may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContentKind {
    /// Comma-separated values, as RFC 4180 has them.
    Csv,
    /// Tab-separated values.
    Tsv,
    /// One JSON value.
    Json,
    /// A drawing without active content.
    Svg,
    /// An image of pixels alone.
    Png,
    /// A photograph or figure without metadata.
    Jpeg,
    /// A document without active content.
    Pdf,
    /// Printable UTF-8.
    Text,
    /// Markdown: printable UTF-8.
    Md,
    /// YAML: printable UTF-8.
    Yaml,
    /// What a program said: printable UTF-8.
    Log,
    /// Anything else; only a person releases it.
    Other,
}

impl ContentKind {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Csv,
        Self::Tsv,
        Self::Json,
        Self::Svg,
        Self::Png,
        Self::Jpeg,
        Self::Pdf,
        Self::Text,
        Self::Md,
        Self::Yaml,
        Self::Log,
        Self::Other,
    ];

    /// The word of an entry.
    pub fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Json => "json",
            Self::Svg => "svg",
            Self::Png => "png",
            Self::Jpeg => "jpeg",
            Self::Pdf => "pdf",
            Self::Text => "text",
            Self::Md => "md",
            Self::Yaml => "yaml",
            Self::Log => "log",
            Self::Other => "other",
        }
    }

    /// Whether it has a header and rows.
    pub fn is_table(self) -> bool {
        matches!(self, Self::Csv | Self::Tsv)
    }

    /// Whether it is lines of text, and may be compressed.
    pub fn is_text(self) -> bool {
        self.is_table()
            || matches!(self, Self::Json | Self::Text | Self::Md | Self::Yaml | Self::Log)
    }

    /// Largest `max-bytes` of a rule for it.
    pub fn limit(self) -> u64 {
        match self.is_text() || self == Self::Other {
            true => MAX_STREAMED_BYTES,
            false => MAX_WHOLE_BYTES,
        }
    }
}
