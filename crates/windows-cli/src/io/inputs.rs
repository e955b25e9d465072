//! Many inputs at once: a folder, a pattern, or files one by one.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Kind;
use crate::error::{At, Error, Result};

/// Pictures to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pictures {
    /// The files, in the order given, those of a folder or a pattern in order of their names.
    pub paths: Vec<PathBuf>,
    /// Whether a list was asked for, which may have one item: by a folder, a pattern, or several paths.
    pub many: bool,
}

/// Finds the pictures that `inputs` name: files, folders (their pictures, not those of folders in
/// them) and patterns (`*`, `?`,
/// `[..]`, `**`) that no file has as its name.
///
/// # Errors
/// When one of them names nothing.
pub fn pictures(inputs: &[PathBuf]) -> Result<Pictures> {
    let mut paths = Vec::new();
    let mut many = inputs.len() > 1;
    for input in inputs {
        let found = if input.is_dir() {
            many = true;
            in_folder(input)?
        } else if let Some(pattern) = pattern(input) {
            many = true;
            matching(input, pattern)?
        } else {
            vec![input.clone()]
        };
        paths.extend(found);
    }
    Ok(Pictures { paths, many })
}

fn is_picture(path: &Path) -> bool {
    path.is_file() && matches!(Kind::of(path), Ok(Kind::Image(_)))
}

fn in_folder(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in folder.read_dir().at(folder)? {
        let path = entry.at(folder)?.path();
        if is_picture(&path) {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(Error::at(folder, "no picture in this folder"));
    }
    Ok(found)
}

/// The text of a path that is a pattern: a file that has brackets in its name is that file.
fn pattern(path: &Path) -> Option<&str> {
    path.to_str().filter(|text| text.contains(['*', '?', '[']) && !path.exists())
}

fn matching(input: &Path, pattern: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let paths = glob::glob(pattern).map_err(|error| {
        Error::at(
            input,
            format_args!("is neither a file nor a pattern: see character {}", error.pos + 1),
        )
    })?;
    for path in paths {
        let path = path.map_err(|error| Error::at(error.path(), error.error()))?;
        if is_picture(&path) {
            found.push(path);
        }
    }
    if found.is_empty() {
        return Err(Error::at(input, "no picture has such a name"));
    }
    Ok(found)
}

/// The name of each file without its extension, to name results by.
///
/// # Errors
/// When two files would have their results under one name.
pub fn stems(paths: &[PathBuf]) -> Result<Vec<OsString>> {
    let mut seen = std::collections::HashMap::new();
    let mut stems = Vec::with_capacity(paths.len());
    for path in paths {
        let stem = path.file_stem().unwrap_or_default().to_owned();
        if let Some(other) = seen.insert(stem.clone(), path) {
            return Err(Error::at(
                path,
                format_args!("has the same name as {}, and so would the results", other.display()),
            ));
        }
        stems.push(stem);
    }
    Ok(stems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_patterns_and_files_are_found_in_order() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        for name in ["b.png", "a.JPG", "c[1].png", "notes.txt"] {
            std::fs::write(at(name), "").unwrap();
        }
        std::fs::create_dir(at("d.png")).unwrap();
        let found = |inputs: &[PathBuf]| pictures(inputs).map(|found| (found.paths, found.many));
        let all = vec![at("a.JPG"), at("b.png"), at("c[1].png")];
        assert_eq!(found(&[root.path().to_owned()]), Ok((all, true)));
        assert_eq!(found(&[at("*.png")]), Ok((vec![at("b.png"), at("c[1].png")], true)));
        assert_eq!(found(&[at("c[1].png")]), Ok((vec![at("c[1].png")], false)));
        assert_eq!(found(&[at("b.png"), at("a.JPG")]), Ok((vec![at("b.png"), at("a.JPG")], true)));
        assert_eq!(found(&[at("missing.png")]), Ok((vec![at("missing.png")], false)));
        assert!(found(&[at("*.webp")]).is_err());
        assert!(found(&[at("[")]).is_err());
        assert!(found(&[at("d.png")]).is_err());
    }

    #[test]
    fn two_results_never_share_a_name() {
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(stems(&paths(&["x/a.png", "b.c.jpg"])).unwrap(), ["a", "b.c"]);
        let error = stems(&paths(&["x/a.png", "a.jpg"])).unwrap_err().to_string();
        assert!(error.contains("a.jpg") && error.contains("x/a.png"), "{error}");
    }
}
