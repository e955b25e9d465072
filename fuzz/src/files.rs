//! Readers of files: any bytes are an array or an error, and an array is what other readers see.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use windows_cli::io::{self, Array, ArrayOf, Element, Input, wav};

/// A file of these bytes, in memory where the system has such a place.
fn with_file<R>(name: &str, bytes: &[u8], read: impl FnOnce(&Path) -> R) -> R {
    let shared = PathBuf::from("/dev/shm");
    let folder = match shared.is_dir() {
        true => tempfile::tempdir_in(shared),
        false => tempfile::tempdir(),
    };
    let folder = folder.unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    read(&path)
}

/// An error is one line.
fn one_line<T>(result: windows_cli::Result<T>) -> Option<T> {
    result.map_err(|error| assert_eq!(error.to_string().lines().count(), 1, "{error}")).ok()
}

/// The same elements, bit for bit where they are numbers.
fn same<T: Element>(array: &Array, expected: &[T], shape: &[usize]) {
    let ours: &ArrayOf<T> = T::from_any(array).unwrap_or_else(|| panic!("is {}", array.dtype()));
    assert_eq!(ours.shape(), shape);
    let ours = ours.view().to_vec();
    // NaN is a value of a file like others.
    assert!(ours.iter().zip(expected).all(|(a, b)| a == b || (a != a && b != b)));
    assert_eq!(ours.len(), expected.len());
}

/// `.npy`: what is read is written and read again, and is what another reader of the format sees.
pub(crate) fn npy(bytes: &[u8]) {
    let read = |bytes: &[u8]| with_file("x.npy", bytes, |path| one_line(io::read(path)));
    let Some(Input { array, .. }) = read(bytes) else { return };
    struct Again;
    impl io::Visitor for Again {
        type Output = Vec<u8>;
        fn visit<T: Element>(self, array: &ArrayOf<T>) -> Vec<u8> {
            let mut bytes = Vec::new();
            io::npy::write(&mut bytes, array.shape(), &array.view().to_vec()).unwrap();
            bytes
        }
    }
    let again = array.visit(Again);
    let Input { array, .. } = read(&again).expect("what was written can be read");
    assert_eq!(array.visit(Again), again);

    // Theirs multiplies the shape unchecked, so it is given the file that ours wrote.
    let theirs = npyz::NpyFile::new(Cursor::new(&again)).unwrap();
    let shape: Vec<usize> = theirs.shape().iter().map(|&len| len as usize).collect();
    assert_eq!(theirs.order(), npyz::Order::C);
    match &array {
        Array::U8(_) => same(&array, &theirs.into_vec::<u8>().unwrap(), &shape),
        Array::I8(_) => same(&array, &theirs.into_vec::<i8>().unwrap(), &shape),
        Array::U16(_) => same(&array, &theirs.into_vec::<u16>().unwrap(), &shape),
        Array::I16(_) => same(&array, &theirs.into_vec::<i16>().unwrap(), &shape),
        Array::U32(_) => same(&array, &theirs.into_vec::<u32>().unwrap(), &shape),
        Array::I32(_) => same(&array, &theirs.into_vec::<i32>().unwrap(), &shape),
        Array::U64(_) => same(&array, &theirs.into_vec::<u64>().unwrap(), &shape),
        Array::I64(_) => same(&array, &theirs.into_vec::<i64>().unwrap(), &shape),
        Array::F32(_) => same(&array, &theirs.into_vec::<f32>().unwrap(), &shape),
        Array::F64(_) => same(&array, &theirs.into_vec::<f64>().unwrap(), &shape),
        Array::C64(_) | Array::C128(_) => {}
    }
}

/// `.wav`: what is read is written and read again.
pub(crate) fn wav(bytes: &[u8]) {
    let read = |bytes: &[u8]| with_file("x.wav", bytes, |path| one_line(wav::read(path)));
    let Some(mut recording) = read(bytes) else { return };
    assert!(recording.channels > 0);
    // What is written says how long it is.
    recording.open = false;
    let mut again = Cursor::new(Vec::new());
    if wav::write(&mut again, &recording).is_ok() {
        let again = read(again.get_ref()).expect("what was written can be read");
        assert_eq!(format!("{again:?}"), format!("{recording:?}"));
    }
    recording.into_array().unwrap();
}

/// Pictures, by an extension of the first byte.
pub(crate) fn image(bytes: &[u8]) {
    let Some((&first, bytes)) = bytes.split_first() else { return };
    let name = ["x.png", "x.jpg", "x.bmp", "x.tif", "x.webp"][usize::from(first) % 5];
    let read = |name: &str, bytes: &[u8]| with_file(name, bytes, |path| one_line(io::read(path)));
    let Some(Input { array, .. }) = read(name, bytes) else { return };
    // What a PNG can hold comes back from one.
    struct Png;
    impl io::Visitor for Png {
        type Output = Option<Vec<u8>>;
        fn visit<T: Element>(self, array: &ArrayOf<T>) -> Option<Vec<u8>> {
            let mut out = Cursor::new(Vec::new());
            let kind = io::Kind::of(Path::new("x.png")).unwrap();
            io::write(&mut out, kind, array.shape(), &array.view().to_vec()).ok()?;
            Some(out.into_inner())
        }
    }
    if let Some(png) = array.visit(Png) {
        let Input { array: again, .. } = read("x.png", &png).expect("what was written can be read");
        assert_eq!(again, array);
    }
}
