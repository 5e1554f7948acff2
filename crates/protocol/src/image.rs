use std::fmt;

use serde::{Deserialize, Serialize};
use sluice_sys::images::MountError;

use crate::Code;

/// The file systems that an image may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filesystem {
    /// squashfs 4.0.
    Squashfs,
    /// erofs.
    Erofs,
}

/// An image as it was verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Image {
    /// What it holds.
    pub filesystem: Filesystem,
    /// [`sluice_sys::images::identity`] of the very file: no other one is mounted.
    pub identity: String,
}

impl Filesystem {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Squashfs, Self::Erofs];

    /// What the name of an image's file ends in, after a dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Squashfs => "sqfs",
            Self::Erofs => "erofs",
        }
    }

    /// What the kernel calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Squashfs => "squashfs",
            Self::Erofs => "erofs",
        }
    }
}

impl fmt::Display for Filesystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<&MountError> for Code {
    fn from(error: &MountError) -> Self {
        match error {
            MountError::NoDevice(_) => Self::LoopUnavailable,
            MountError::UnknownFilesystem(_) => Self::FilesystemUnknown,
            MountError::Unmountable(_) | MountError::Failed(_) => Self::ImageUnmountable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_one_spelling() {
        for filesystem in Filesystem::ALL {
            let image = Image { filesystem, identity: "1:2 3 4.5 6.7".into() };
            let json = serde_json::to_string(&image).unwrap();
            assert!(json.contains(&format!("\"filesystem\":\"{filesystem}\"")), "{json}");
            assert_eq!(serde_json::from_str::<Image>(&json).unwrap(), image);
        }
        assert!(serde_json::from_str::<Filesystem>("\"ext4\"").is_err());
    }
}
