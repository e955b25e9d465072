//! Runs of the binary, and files to run it on.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use windows_cli::io::{Array, ArrayOf, Element, npy};
use windows_testkit::{Border, Edge, NaiveAxis, NaiveWindows, Same};

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

    pub(crate) fn succeeded(&self) -> bool {
        self.output.status.success()
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

/// Numbers that look random and are the same in every run.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    /// One of `range`.
    pub(crate) fn pick(&mut self, range: std::ops::RangeInclusive<usize>) -> usize {
        // The multiplier and the increment of Knuth's MMIX.
        let next = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = next.wrapping_add(1_442_695_040_888_963_407);
        range.start() + (self.0 >> 33) as usize % (range.end() - range.start() + 1)
    }
}

/// Windows over a small array, and the options that ask for them.
pub(crate) struct Geometry {
    pub(crate) naive: NaiveWindows,
    /// Windowed axes, the last ones.
    pub(crate) k: usize,
    pub(crate) border: Border,
    /// Whether the options name an edge.
    pub(crate) names_edge: bool,
    same: Option<Same>,
}

impl Geometry {
    /// A geometry without contradictions; it may have no window.
    pub(crate) fn random(numbers: &mut Numbers) -> Self {
        let rank = numbers.pick(1..=4);
        let k = numbers.pick(1..=rank.min(3));
        let edge = Edge::ALL.get(numbers.pick(0..=8)).copied();
        let same = [None, Some(Same::Upper), Some(Same::Lower)][numbers.pick(0..=2)];
        let same = same.filter(|_| edge.is_none());
        let padded = same.is_none() && edge.is_none_or(Edge::takes_padding);
        let mut axis = |index: usize| {
            let len = numbers.pick(1..=6);
            if index < rank - k {
                return NaiveAxis::new(len, 1, 1);
            }
            let axis = NaiveAxis::new(len, numbers.pick(1..=3), numbers.pick(1..=3));
            let axis = axis.dilation(numbers.pick(1..=2)).edge(edge.unwrap_or(Edge::Drop));
            match same {
                Some(same) => axis.same(same),
                None if padded => axis.padding(numbers.pick(0..=4), numbers.pick(0..=4)),
                None => axis,
            }
        };
        let naive = NaiveWindows::new((0..rank).map(&mut axis).collect());
        let border = Border::ALL[numbers.pick(0..=4)];
        Self { naive, k, border, names_edge: edge.is_some(), same }
    }

    /// `1,2,3`
    pub(crate) fn list<T: ToString>(values: impl IntoIterator<Item = T>) -> String {
        values.into_iter().map(|value| value.to_string()).collect::<Vec<_>>().join(",")
    }

    /// The options, with `constant` where the border is one.
    pub(crate) fn options(&self, constant: i32) -> String {
        let axes = &self.naive.axes()[self.naive.axes().len() - self.k..];
        let lower = |name: String| name.to_lowercase();
        let mut options = format!(
            "--size {} --step {} --dilation {}",
            Self::list(axes.iter().map(|axis| axis.size)),
            Self::list(axes.iter().map(|axis| axis.step)),
            Self::list(axes.iter().map(|axis| axis.dilation)),
        );
        if axes.iter().any(|axis| axis.before + axis.after > 0) {
            let pads = axes.iter().map(|axis| format!("{}:{}", axis.before, axis.after));
            options += &format!(" --pad {}", Self::list(pads));
        }
        if self.names_edge {
            options += &format!(" --edge {}", lower(format!("{:?}", axes[0].edge)));
        }
        if let Some(same) = self.same {
            options += &format!(" --same {}", lower(format!("{same:?}")));
        }
        options += &format!(" --border {}", lower(format!("{:?}", self.border)));
        if self.border == Border::Constant {
            options += &format!(":{constant}");
        }
        options
    }
}
