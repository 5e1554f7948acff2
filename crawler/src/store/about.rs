//! What an object's metadata says.

use object_store::{Attribute, Attributes};
use sluice_policy::{
    digest::Digest,
    entry::{ContentKind, Output},
};

/// What is said of an object.
pub struct About<'a> {
    /// Run id.
    pub run: &'a str,
    /// `NAME@VERSION`.
    pub workflow: &'a str,
    /// Digest of the bundle.
    pub digest: &'a Digest,
    /// Its bytes.
    pub content: Content,
}

/// What an object's bytes are. Never told from its name: the job chose that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Checked under a rule of this kind.
    Checked(ContentKind),
    /// Checked under a rule for compressed files.
    Packed,
    /// JSON of the crawler's own, or of a node's.
    Own,
    /// Nobody knows.
    Unknown,
}

impl Content {
    /// What the rule that lets a file out says that it is.
    pub fn under(rule: &Output) -> Self {
        match rule.kind {
            _ if rule.gzip => Self::Packed,
            _ if rule.rasterise => Self::Checked(ContentKind::Png),
            kind => Self::Checked(kind),
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Packed => "application/gzip",
            Self::Checked(ContentKind::Csv) => "text/csv",
            Self::Checked(ContentKind::Tsv) => "text/tab-separated-values",
            Self::Checked(ContentKind::Json) | Self::Own => "application/json",
            Self::Checked(ContentKind::Png) => "image/png",
            Self::Checked(ContentKind::Pdf) => "application/pdf",
            Self::Checked(ContentKind::Svg) => "image/svg+xml",
            Self::Checked(ContentKind::Jpeg) => "image/jpeg",
            Self::Checked(ContentKind::Md) => "text/markdown",
            Self::Checked(ContentKind::Yaml) => "application/yaml",
            Self::Checked(ContentKind::Text | ContentKind::Log) => "text/plain",
            Self::Checked(ContentKind::Other) | Self::Unknown => "application/octet-stream",
        }
    }

    /// A browser saves it, and doesn't look for another type in its bytes.
    pub(super) fn attributes(self) -> Attributes {
        let mut attributes = Attributes::new();
        attributes.insert(Attribute::ContentType, self.media_type().into());
        attributes.insert(Attribute::ContentDisposition, "attachment".into());
        attributes.insert(Attribute::Metadata("x-content-type-options".into()), "nosniff".into());
        attributes
    }
}

impl About<'_> {
    pub(super) fn attributes(&self) -> Attributes {
        let mut attributes = self.content.attributes();
        let digest = self.digest.to_string();
        for (name, value) in [("run", self.run), ("workflow", self.workflow), ("digest", &digest)] {
            attributes.insert(Attribute::Metadata(name.into()), value.to_owned().into());
        }
        attributes
    }
}
