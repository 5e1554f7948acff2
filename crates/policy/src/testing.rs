//! Keys and signatures made by the real `ssh-keygen`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// `bytes` with each of its bits flipped in turn.
pub(crate) fn flips(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..8 * bytes.len()).map(|bit| {
        let mut altered = bytes.to_vec();
        altered[bit / 8] ^= 1 << (bit % 8);
        altered
    })
}

/// A directory of keys.
pub(crate) struct Keys(TempDir);

impl Keys {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Makes the key pair `name` and returns the public line without comment.
    pub(crate) fn make(&self, name: &str, kind: &str) -> String {
        ssh_keygen(&["-q", "-t", kind, "-N", "", "-C", "", "-f"], &[&self.path(name)]);
        self.public(name)
    }

    pub(crate) fn public(&self, name: &str) -> String {
        self.read(&format!("{name}.pub")).trim().to_owned()
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Signs `message` with the key `name`.
    pub(crate) fn sign(&self, name: &str, namespace: &str, message: &[u8]) -> Vec<u8> {
        let file = self.path("message");
        fs::write(&file, message).unwrap();
        let signature = self.path("message.sig");
        let _ = fs::remove_file(&signature);
        ssh_keygen(&["-q", "-Y", "sign", "-n", namespace, "-f"], &[&self.path(name), &file]);
        fs::read(signature).unwrap()
    }

    /// What `ssh-keygen -Y verify` says.
    pub(crate) fn openssh_verifies(
        &self,
        allowed: &str,
        principal: &str,
        namespace: &str,
        message: &[u8],
        signature: &[u8],
        time: &str,
    ) -> bool {
        let (file, allowed_file) = (self.path("verify.sig"), self.path("allowed"));
        fs::write(&file, signature).unwrap();
        fs::write(&allowed_file, allowed).unwrap();
        fs::write(self.path("verify"), message).unwrap();
        Command::new("ssh-keygen")
            .args(["-Y", "verify", "-n", namespace, "-I", principal, "-O"])
            .arg(format!("verify-time={time}"))
            .args(["-s".as_ref(), file.as_os_str(), "-f".as_ref(), allowed_file.as_os_str()])
            .stdin(fs::File::open(self.path("verify")).unwrap())
            .output()
            .unwrap()
            .status
            .success()
    }

    /// Certifies the key `name` with the key `ca` and returns the certificate.
    pub(crate) fn certify(&self, ca: &str, name: &str, options: &[&str]) -> String {
        let mut arguments = vec!["-q", "-I", "test"];
        arguments.extend(options);
        arguments.push("-s");
        ssh_keygen(&arguments, &[&self.path(ca), &self.path(&format!("{name}.pub"))]);
        self.read(&format!("{name}-cert.pub"))
    }
}

fn ssh_keygen(options: &[&str], files: &[&Path]) {
    let output = Command::new("ssh-keygen").args(options).args(files).output().unwrap();
    assert!(output.status.success(), "{options:?}: {}", String::from_utf8_lossy(&output.stderr));
}
