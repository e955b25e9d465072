//! Runs of the binary, and files to run it on.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use windows_cli::io::{Array, ArrayOf, Element, npy};

/// The root of the workspace, where the samples are.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A shipped sample.
pub(crate) fn sample(name: &str) -> PathBuf {
    root().join("docs/assets").join(name)
}

/// The binary, to be run in `folder`.
pub(crate) fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ndwin"));
    command.current_dir(folder);
    command
}

/// A folder to work in, which goes with its value.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(name), bytes).unwrap();
    }

    pub(crate) fn put_array<T: Element>(&self, name: &str, shape: &[usize], data: &[T]) {
        let mut bytes = Vec::new();
        npy::write(&mut bytes, shape, data).unwrap();
        self.put(name, bytes);
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path().join(name)).unwrap()
    }

    pub(crate) fn array<T: Element>(&self, name: &str) -> ArrayOf<T> {
        let array: Array = npy::read(&self.path().join(name)).unwrap();
        T::from_any(&array).unwrap_or_else(|| panic!("{name} is {}", array.dtype())).clone()
    }

    /// The names of everything in the folder, hidden files too.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Runs the program here, on arguments separated by blanks.
    pub(crate) fn run(&self, args: &str) -> Run {
        let output = program(self.path()).args(args.split_whitespace()).output().unwrap();
        Run { args: args.to_owned(), output }
    }
}

/// What a run left.
pub(crate) struct Run {
    args: String,
    output: Output,
}

impl Run {
    fn text(bytes: &[u8]) -> String {
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    /// Standard output of a run that went well and had nothing to say on standard error.
    #[track_caller]
    pub(crate) fn success(&self) -> String {
        let stderr = Self::text(&self.output.stderr);
        assert!(self.output.status.success(), "ndwin {}: {stderr}", self.args);
        assert_eq!(stderr, "", "ndwin {}", self.args);
        Self::text(&self.output.stdout)
    }

    /// The one line of a run that failed as failures must.
    #[track_caller]
    pub(crate) fn failure(&self) -> String {
        let stderr = Self::text(&self.output.stderr);
        assert_eq!(self.output.status.code(), Some(2), "ndwin {}: {stderr}", self.args);
        assert_eq!(stderr.lines().count(), 1, "ndwin {}: {stderr}", self.args);
        assert!(stderr.ends_with('\n') && stderr.starts_with("ndwin: "), "{stderr}");
        assert_eq!(Self::text(&self.output.stdout), "", "ndwin {}", self.args);
        stderr
    }
}
