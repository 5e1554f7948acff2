//! The variables by which Slurm knows a plugin, spank(7).

/// Slurm refuses a plugin whose major.minor differs from its own.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
pub(super) static plugin_version: u32 = number(env!("SLUICE_SLURM_NUMBER"));

/// The plugin's name in Slurm's messages.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
pub(super) static plugin_name: [u8; 7] = *b"sluice\0";

/// What Slurm loads it as.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
pub(super) static plugin_type: [u8; 6] = *b"spank\0";

/// Version of the plugin's own options, of which it has none.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
pub(super) static spank_plugin_version: u32 = 1;

const fn number(digits: &str) -> u32 {
    let (bytes, mut value, mut i) = (digits.as_bytes(), 0, 0);
    while i < bytes.len() {
        value = value * 10 + (bytes[i] - b'0') as u32;
        i += 1;
    }
    value
}
