//! Outputs that appear whole or not at all.
//!
//! Everything is written beside its place, under a hidden name (`.ndwin-*.tmp`), and renamed when
//! all of it is there. A run that fails removes what it wrote, the parent folders that it made
//! included; one that is killed leaves the hidden file, never half an output. What exists is kept,
//! also if it appears while the program works, unless `--force`.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempDir, TempPath};

use crate::error::{At, Error, Result};

/// Whether `path` is `-`, standard output.
pub fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The outputs of one run: they all appear at [`commit`](Outputs::commit), or none does.
#[derive(Debug)]
pub struct Outputs {
    force: bool,
    planned: Vec<PathBuf>,
    staged: Vec<Staged>,
    /// Parent folders that were made, innermost first.
    made: Vec<PathBuf>,
}

#[derive(Debug)]
struct Staged {
    target: PathBuf,
    content: Content,
}

#[derive(Debug)]
enum Content {
    File(TempPath),
    /// A folder that becomes the target.
    Folder(TempDir),
    /// A folder whose files move into the target, which exists.
    FilesOf(TempDir),
}

impl Outputs {
    /// No outputs yet; those that exist are replaced if `force`.
    pub fn new(force: bool) -> Self {
        Self { force, planned: Vec::new(), staged: Vec::new(), made: Vec::new() }
    }

    /// Says early that a file will be written at `path`, so that a run that cannot end well does
    /// not start.
    ///
    /// # Errors
    /// When it exists (unless forced), is a folder or no regular file, or is planned already.
    pub fn plan_file(&mut self, path: &Path) -> Result<()> {
        self.plan(path)?;
        match fs::metadata(path) {
            Ok(existing) if existing.is_dir() => {
                Err(Error::at(path, "is a folder, and a file is to be written"))
            }
            // To replace a device or a pipe by a file would be to destroy it.
            Ok(existing) if !existing.is_file() => {
                Err(Error::at(path, "exists and is not a regular file"))
            }
            Ok(_) if !self.force => Err(exists(path)),
            _ => Ok(()),
        }
    }

    /// Says early that files will be written in the folder `path`.
    ///
    /// # Errors
    /// When it exists and is not empty (unless forced), is a file, or is planned already.
    pub fn plan_folder(&mut self, path: &Path) -> Result<()> {
        self.plan(path)?;
        match fs::metadata(path) {
            Ok(existing) if !existing.is_dir() => {
                Err(Error::at(path, "exists and is not a folder"))
            }
            Ok(_) if !self.force && fs::read_dir(path).at(path)?.next().is_some() => {
                Err(not_empty(path))
            }
            _ => Ok(()),
        }
    }

    fn plan(&mut self, path: &Path) -> Result<()> {
        if path.as_os_str().is_empty() {
            return Err(Error::new("the path of an output is empty"));
        }
        let full = std::path::absolute(path).at(path)?;
        for other in &self.planned {
            if *other == full {
                return Err(Error::at(path, "is given as two outputs"));
            }
            // A folder is to appear whole, and only what belongs to it is in it.
            if full.starts_with(other) || other.starts_with(&full) {
                return Err(Error::at(
                    path,
                    format_args!("and {}: one output lies in the other", other.display()),
                ));
            }
        }
        self.planned.push(full);
        // The first ancestor that exists must be a folder.
        let ancestor =
            path.ancestors().skip(1).find_map(|dir| fs::metadata(dir).ok().map(|data| (dir, data)));
        match ancestor {
            Some((dir, data)) if !data.is_dir() => {
                Err(Error::at(path, format_args!("{} is not a folder", dir.display())))
            }
            _ => Ok(()),
        }
    }

    /// Writes a planned file, not yet at its place.
    ///
    /// # Errors
    /// Those of `write`, and of the disk.
    pub fn file<E: Display>(
        &mut self,
        path: &Path,
        write: impl FnOnce(&mut BufWriter<File>) -> Result<(), E>,
    ) -> Result<()> {
        let (mut out, temp) = self.begin(path)?;
        let written = write(&mut out).map_err(Error::new);
        flushed(out, written).at(path)?;
        self.stage(path, Content::File(temp));
        Ok(())
    }

    // Apart from what is generic, of which there is one for each thing that is written.
    fn begin(&mut self, path: &Path) -> Result<(BufWriter<File>, TempPath)> {
        let parent = self.make_parents(path)?;
        let temporary = hidden().tempfile_in(parent).map_err(plain).at(path)?;
        let (file, temp) = NamedTempFile::into_parts(temporary);
        Ok((buffered(file), temp))
    }

    /// Makes a planned folder, not yet at its place, and returns where its files are to be written
    /// (see [`write_file`]).
    ///
    /// # Errors
    /// Those of the disk.
    pub fn folder(&mut self, path: &Path) -> Result<PathBuf> {
        let parent = self.make_parents(path)?;
        let content = if path.is_dir() {
            Content::FilesOf(hidden_folder(path).at(path)?)
        } else {
            Content::Folder(hidden_folder(&parent).at(path)?)
        };
        let (Content::Folder(temp) | Content::FilesOf(temp)) = &content else {
            return Err(Error::at(path, "is no folder"));
        };
        let inside = temp.path().to_owned();
        self.stage(path, content);
        Ok(inside)
    }

    fn stage(&mut self, path: &Path, content: Content) {
        self.staged.push(Staged { target: path.to_owned(), content });
    }

    /// Makes the parent folders of `path` that are missing, and remembers them.
    fn make_parents(&mut self, path: &Path) -> Result<PathBuf> {
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let missing: Vec<PathBuf> = parent
            .ancestors()
            .take_while(|dir| !dir.as_os_str().is_empty() && !dir.exists())
            .map(Path::to_owned)
            .collect();
        fs::create_dir_all(parent).at(parent)?;
        self.made.extend(missing);
        Ok(parent.to_owned())
    }

    /// Gives everything its place.
    ///
    /// # Errors
    /// When an output has appeared meanwhile (unless forced), and those of the disk. What was
    /// placed is then removed again.
    pub fn commit(mut self) -> Result<()> {
        let mut placed = Placed(Vec::new());
        for Staged { target, content } in self.staged.drain(..) {
            match content {
                Content::File(temp) => placed.file(temp, &target, self.force)?,
                Content::Folder(temp) => {
                    // A rename onto a folder that is not empty fails: nothing is lost to a race.
                    fs::rename(temp.path(), &target).map_err(|error| match error.kind() {
                        ErrorKind::DirectoryNotEmpty => not_empty(&target),
                        _ => Error::at(&target, error),
                    })?;
                    placed.0.push(target);
                    let _moved_away = temp.keep();
                }
                Content::FilesOf(temp) => {
                    for entry in fs::read_dir(temp.path()).at(&target)? {
                        let entry = entry.at(&target)?;
                        let file = TempPath::try_from_path(entry.path()).at(&target)?;
                        placed.file(file, &target.join(entry.file_name()), self.force)?;
                    }
                }
            }
        }
        placed.0.clear();
        self.made.clear();
        Ok(())
    }
}

/// Outputs at their places, taken back unless all of them get there.
struct Placed(Vec<PathBuf>);

impl Placed {
    fn file(&mut self, temp: TempPath, target: &Path, force: bool) -> Result<()> {
        if force {
            // What was replaced cannot be brought back, so it is not taken back either.
            return temp.persist(target).map_err(|error| error.error).at(target);
        }
        temp.persist_noclobber(target).map_err(|error| match error.error.kind() {
            ErrorKind::AlreadyExists => exists(target),
            _ => Error::at(target, error.error),
        })?;
        self.0.push(target.to_owned());
        Ok(())
    }
}

impl Drop for Placed {
    fn drop(&mut self) {
        for path in &self.0 {
            let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        }
    }
}

impl Drop for Outputs {
    fn drop(&mut self) {
        self.staged.clear();
        for folder in &self.made {
            // Only an empty folder is removed: another program may have used it meanwhile.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Writes a file in a folder of [`Outputs::folder`].
///
/// # Errors
/// When it exists, those of `write`, and of the disk.
pub fn write_file<E: Display>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), E>,
) -> Result<()> {
    let mut out = buffered(File::create_new(path).at(path)?);
    let written = write(&mut out).map_err(Error::new);
    flushed(out, written).at(path)
}

fn buffered(file: File) -> BufWriter<File> {
    BufWriter::with_capacity(1 << 16, file)
}

/// Not left to the drop, which would swallow a full disk.
fn flushed(mut out: BufWriter<File>, written: Result<()>) -> Result<()> {
    written?;
    out.flush().map_err(Error::new)
}

fn not_empty(path: &Path) -> Error {
    Error::at(path, "is a folder that is not empty; give --force to write into it")
}

fn exists(path: &Path) -> Error {
    Error::at(path, "exists; give --force to replace it")
}

/// The reason alone, without the hidden name that `tempfile` adds and nobody has given.
fn plain(error: io::Error) -> io::Error {
    error.kind().into()
}

fn hidden() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".ndwin-").suffix(".tmp");
    #[cfg(unix)]
    {
        // Temporary files are private by default; outputs are what the user's mask makes of any new
        // file.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
}

fn hidden_folder(parent: &Path) -> io::Result<TempDir> {
    let builder = &mut tempfile::Builder::new();
    builder.prefix(".ndwin-").suffix(".tmp").tempdir_in(parent).map_err(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(text: &'static str) -> impl FnOnce(&mut BufWriter<File>) -> io::Result<()> {
        move |out| out.write_all(text.as_bytes())
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn write(path: &Path, force: bool, text: &'static str) -> Result<()> {
        let mut outputs = Outputs::new(force);
        outputs.plan_file(path)?;
        outputs.file(path, put(text))?;
        outputs.commit()
    }

    #[test]
    fn a_file_appears_whole_with_its_folders_and_is_kept_unless_forced() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b/x.txt");
        write(&path, false, "one").unwrap();
        let error = write(&path, false, "two").unwrap_err().to_string();
        assert!(error.ends_with("x.txt: exists; give --force to replace it"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        write(&path, true, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(names(path.parent().unwrap()), ["x.txt"]);
    }

    #[test]
    fn a_failure_leaves_nothing_behind() {
        let root = tempfile::tempdir().unwrap();
        let mut outputs = Outputs::new(false);
        outputs.file(&root.path().join("deep/er/first"), put("whole")).unwrap();
        let error = outputs
            .file(&root.path().join("second"), |out| {
                out.write_all(b"half").map_err(Error::new)?;
                Err(Error::new("the disk is on fire"))
            })
            .unwrap_err();
        assert!(error.to_string().ends_with("second: the disk is on fire"));
        drop(outputs);
        assert!(names(root.path()).is_empty());
    }

    #[test]
    fn an_output_that_appears_meanwhile_wins_and_all_the_others_go() {
        let root = tempfile::tempdir().unwrap();
        let (first, second) = (root.path().join("first"), root.path().join("second"));
        let mut outputs = Outputs::new(false);
        outputs.plan_file(&first).unwrap();
        outputs.plan_file(&second).unwrap();
        outputs.file(&first, put("ours")).unwrap();
        outputs.file(&second, put("ours")).unwrap();
        fs::write(&second, "theirs").unwrap();
        assert!(outputs.commit().is_err());
        assert_eq!(names(root.path()), ["second"]);
        assert_eq!(fs::read_to_string(&second).unwrap(), "theirs");
    }

    #[test]
    fn a_folder_appears_at_once_or_its_files_join_those_of_one_that_exists() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("new/tiles");
        let write = |force, name: &str, text: &'static str| -> Result<()> {
            let mut outputs = Outputs::new(force);
            outputs.plan_folder(&path)?;
            let inside = outputs.folder(&path)?;
            write_file(&inside.join(name), put(text))?;
            outputs.commit()
        };
        write(false, "a", "1").unwrap();
        assert_eq!(names(&path), ["a"]);
        assert!(write(false, "b", "2").is_err());
        assert_eq!(names(&path), ["a"]);
        write(true, "b", "2").unwrap();
        write(true, "a", "3").unwrap();
        assert_eq!(names(&path), ["a", "b"]);
        assert_eq!(fs::read_to_string(path.join("a")).unwrap(), "3");

        let empty = root.path().join("empty");
        fs::create_dir(&empty).unwrap();
        let mut outputs = Outputs::new(false);
        outputs.plan_folder(&empty).unwrap();
        let inside = outputs.folder(&empty).unwrap();
        write_file(&inside.join("x"), put("4")).unwrap();
        outputs.commit().unwrap();
        assert_eq!(names(&empty), ["x"]);
        assert_eq!(names(root.path()), ["empty", "new"]);
    }

    #[test]
    fn impossible_places_are_refused_early() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        for force in [false, true] {
            assert!(Outputs::new(force).plan_file(root.path()).is_err());
            assert!(Outputs::new(force).plan_folder(&file).is_err());
            assert!(Outputs::new(force).plan_file(&file.join("below/x")).is_err());
            assert!(Outputs::new(force).plan_file(Path::new("")).is_err());
            #[cfg(unix)]
            assert!(Outputs::new(force).plan_file(Path::new("/dev/null")).is_err());
        }
        let mut outputs = Outputs::new(true);
        outputs.plan_file(&file).unwrap();
        assert!(outputs.plan_file(&file).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn an_output_has_the_permissions_of_any_new_file() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        write(&root.path().join("ours"), false, "").unwrap();
        fs::write(root.path().join("plain"), "").unwrap();
        assert_eq!(mode(&root.path().join("ours")), mode(&root.path().join("plain")));
    }
}
