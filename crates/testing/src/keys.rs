use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

/// A directory of Ed25519 keys, made and used by the real `ssh-keygen`.
pub struct Keys(PathBuf);

impl Keys {
    /// Those of this directory, which is there.
    pub fn below(dir: impl Into<PathBuf>) -> Self {
        Self(dir.into())
    }

    /// The private half; the public one is beside it, with `.pub`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Makes a key and returns its public line.
    pub fn make(&self, name: &str) -> String {
        self.keygen(&["-t", "ed25519", "-N", "", "-C", name, "-f", name], b"");
        self.public(name)
    }

    /// The public line, with its line's end.
    pub fn public(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(format!("{name}.pub"))).unwrap()
    }

    /// The fingerprint, as OpenSSH tells it.
    pub fn fingerprint(&self, name: &str) -> String {
        let listed = self.keygen(&["-l", "-f", name], b"");
        String::from_utf8(listed).unwrap().split(' ').nth(1).unwrap().to_owned()
    }

    /// A detached signature.
    pub fn sign(&self, name: &str, namespace: &str, bytes: &[u8]) -> Vec<u8> {
        self.keygen(&["-Y", "sign", "-n", namespace, "-f", name], bytes)
    }

    /// Certifies a key as that of a host: `NAME-cert.pub`.
    pub fn certify(&self, authority: &str, name: &str, host: &str) {
        let public = format!("{name}.pub");
        let words = ["-s", authority, "-I", host, "-h", "-n", host, "-V", "-1d:+1d", &public];
        self.keygen(&words, b"");
    }

    fn keygen(&self, words: &[&str], input: &[u8]) -> Vec<u8> {
        run(Command::new("ssh-keygen").current_dir(&self.0).arg("-q").args(words), input)
    }
}

fn run(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?}");
    output.stdout
}
