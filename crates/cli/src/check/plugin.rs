//! plugstack.conf: Slurm ignores a line that it doesn't understand, and jobs run unchecked.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::fstat;
use sluice_protocol::Mode;
use sluice_site::SlurmConf;
use sluice_sys::trusted::Trust;

use super::Findings;
use super::files::trusted;

const PLUGIN: &str = "spank_sluice.so";
const REMEDY: &str =
    "let its first line be: required /path/to/spank_sluice.so mode=observe|enforce";

/// The mode that the plugin's line names, if it is loaded.
pub(super) fn check(findings: &mut Findings) -> Option<Mode> {
    let Some(slurm_conf) = SlurmConf::locate() else {
        findings.warn("there is no slurm.conf here", "on a node, set SLURM_CONF to where it lies");
        return None;
    };
    let plugstack = plugstack(&slurm_conf);
    let shown = plugstack.display();
    let Ok(text) = fs::read_to_string(&plugstack) else {
        findings.fail(format_args!("{shown} can't be read: jobs run unchecked"), REMEDY);
        return None;
    };
    match first_line(&text) {
        Err(why) => {
            findings.fail(format_args!("{shown}: {why}"), REMEDY);
            None
        }
        Ok((library, mode)) => {
            if mode == "off" {
                findings.warn(format_args!("{shown} says mode=off: jobs run unchecked"), REMEDY);
            } else {
                findings.ok(format_args!("this host's {shown} loads the plugin, mode {mode}"));
            }
            installed(library, findings);
            serde_json::from_value(mode.into()).ok()
        }
    }
}

/// Beside slurm.conf, unless that says otherwise.
fn plugstack(slurm_conf: &Path) -> PathBuf {
    let conf = SlurmConf::read(slurm_conf).unwrap_or_default();
    conf.get("PlugStackConfig")
        .map(PathBuf::from)
        .unwrap_or_else(|| slurm_conf.with_file_name("plugstack.conf"))
}

/// Path and mode of the plugin, which has to stand first: another plugin before it could keep it
/// from being called, and an include can be empty.
fn first_line(text: &str) -> Result<(&str, &str), &'static str> {
    let mut lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    let line =
        lines.find(|line| !line.trim().is_empty()).ok_or("it is empty: jobs run unchecked")?;
    let mut words = line.split_whitespace();
    let (keyword, library) = (words.next(), words.next().unwrap_or_default());
    if Path::new(library).file_name() != Some(PLUGIN.as_ref()) {
        return Err("the first line doesn't load spank_sluice.so");
    }
    if keyword != Some("required") {
        return Err("the plugin's line has to start with required; else jobs run unchecked");
    }
    if !library.starts_with('/') {
        return Err("the plugin's path has to be absolute");
    }
    let known = |mode: &&str| serde_json::from_value::<Mode>((*mode).into()).is_ok();
    let mut modes = words.map(|word| word.strip_prefix("mode=").filter(known));
    match (modes.next(), modes.next()) {
        (Some(Some(mode)), None) => Ok((library, mode)),
        (None, _) => Err("the plugin's line names no mode"),
        _ => Err("the plugin's line has a word that the plugin doesn't know"),
    }
}

fn installed(library: &str, findings: &mut Findings) {
    let Some(file) = trusted(library, Trust::ROOT, findings) else { return };
    if fstat(&file).is_ok_and(|stat| stat.st_mode & 0o444 == 0o444) {
        findings.ok(format_args!("{library} is root's"));
    } else {
        findings.fail(
            format_args!("{library} can't be read by everybody, so sbatch fails"),
            "run chmod 0755 on it",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_first_required_line_counts() {
        let line = "required /usr/lib/slurm/spank_sluice.so mode=enforce";
        let text = format!("# first\n\n{line} # all\noptional x.so\n");
        assert_eq!(first_line(&text), Ok(("/usr/lib/slurm/spank_sluice.so", "enforce")));
        for bad in [
            "",
            "# nothing\n",
            "requierd /usr/lib/slurm/spank_sluice.so mode=enforce",
            "optional /usr/lib/slurm/spank_sluice.so mode=enforce",
            "required /usr/lib/slurm/spank_sluice.so",
            "required /usr/lib/slurm/spank_sluice.so mode=enforced",
            "required /usr/lib/slurm/spank_sluice.so mode=enforce mode=off",
            "required spank_sluice.so mode=enforce",
            "include /etc/slurm/plugstack.conf.d/*.conf",
            "required /usr/lib/slurm/other.so\nrequired /usr/lib/slurm/spank_sluice.so mode=off",
        ] {
            assert!(first_line(bad).is_err(), "{bad}");
        }
    }
}
