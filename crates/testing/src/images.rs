/// Both hold the same small workflow: Snakefile, schema.json, scripts/tool.sh and a link to it. Made by
/// `mksquashfs DIR FILE -all-root -mkfs-time 0` and `mkfs.erofs -T0 --all-root FILE DIR`.
pub const SQUASHFS: &[u8] = include_bytes!("images/small.sqfs");
/// The other one.
pub const EROFS: &[u8] = include_bytes!("images/small.erofs");
