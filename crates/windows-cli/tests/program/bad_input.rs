//! Bad input: one line that names the file, the axis and both numbers, status 2, nothing
//! half-written.

use crate::support::{Folder, sample};

/// Runs each `(args, parts of the line)`, and sees that nothing is left behind.
fn check(folder: &Folder, cases: &[(&str, &[&str])]) {
    let before = folder.names();
    for (args, parts) in cases {
        let line = folder.run(args).failure();
        for part in *parts {
            assert!(line.contains(part), "ndwin {args}: {line:?} lacks {part:?}");
        }
        assert_eq!(folder.names(), before, "ndwin {args}");
    }
}

fn folder() -> Folder {
    let folder = Folder::new();
    folder.put_array("x.npy", &[4, 5], &(0..20).map(f64::from).collect::<Vec<_>>());
    folder.put("photo.jpg", std::fs::read(sample("rocket.jpg")).unwrap());
    folder
}

#[test]
fn impossible_geometry() {
    check(
        &folder(),
        &[
            ("windows x.npy --size 0 -o y.npy", &["x.npy", "size 0", "axis 1"]),
            ("windows x.npy --size 2,0 -o y.npy", &["x.npy", "size 0", "axis 1"]),
            ("windows x.npy --size 2 --step 0 -o y.npy", &["x.npy", "step 0", "axis 1"]),
            ("windows x.npy --size 2 --dilation 0 -o y.npy", &["x.npy", "dilation 0", "axis 1"]),
            ("windows x.npy --size 9 -o y.npy", &["x.npy", "size 9", "axis 1", "length is 5"]),
            (
                "windows x.npy --size 3 --dilation 4 -o y.npy",
                &["x.npy", "spans 9", "axis 1", "length is 5"],
            ),
            ("windows x.npy --size 1,1,1 -o y.npy", &["x.npy", "3 values", "2 axes"]),
            ("windows x.npy --size 2 --step 1,1 -o y.npy", &["--step", "2 values", "1 axes"]),
            ("windows x.npy --size 2 --pad 1 --same upper -o y.npy", &["x.npy", "1:1", "axis 1"]),
            ("windows x.npy --size 2 --pad 1 --edge keep -o y.npy", &["x.npy", "1:1", "axis 1"]),
            ("windows x.npy --size 2 --ceil --edge keep -o y.npy", &["--ceil", "keep"]),
            ("windows x.npy --size 2 --same upper --edge keep -o y.npy", &["--same", "keep"]),
            ("windows photo.jpg --size 0 -o y.npy", &["photo.jpg", "size 0", "axis 0"]),
            ("windows photo.jpg --size 3,3,3 -o y.npy", &["photo.jpg", "3 values", "2 axes"]),
            ("patches photo.jpg --size 0 -o p", &["photo.jpg", "size 0", "axis 0"]),
            ("patches photo.jpg --size 8 --step 0 -o p", &["photo.jpg", "step 0", "axis 0"]),
            ("patches photo.jpg --size 900 -o p", &["photo.jpg", "900", "axis 0", "427"]),
            ("patches photo.jpg --size 64,900 -o p", &["photo.jpg", "900", "axis 1", "640"]),
            ("patches photo.jpg --size 64 -o p", &["photo.jpg", "64", "427", "height"]),
            ("patches photo.jpg --size 8,8,8 -o p", &["photo.jpg", "3 values"]),
        ],
    );
}

#[test]
fn sizes_that_overflow_or_exceed_the_memory() {
    let huge = usize::MAX;
    let half = isize::MAX;
    check(
        &folder(),
        &[
            (&format!("windows x.npy --size {huge} -o y.npy"), &["x.npy", "axis 1"]),
            (&format!("windows x.npy --size 2 --dilation {huge} -o y.npy"), &["x.npy", "axis 1"]),
            (&format!("windows x.npy --size 2 --pad {huge} -o y.npy"), &["x.npy", "axis 1"]),
            (&format!("windows x.npy --size 2 --pad {half} -o y.npy"), &["x.npy", "axis 1"]),
            (
                "windows x.npy --size 4000000000 --pad 4000000000 -o y.npy",
                &["x.npy", "too many packed elements"],
            ),
            (
                "windows x.npy --size 4000000 --pad 4000000 -o y.npy",
                &["x.npy", "bytes of memory are needed", "available"],
            ),
        ],
    );
}

#[test]
fn values_that_an_element_cannot_hold() {
    let folder = folder();
    folder.put_array("u.npy", &[3], &[1u8, 2, 3]);
    check(
        &folder,
        &[
            ("windows u.npy --size 2 --pad 1 --border constant:256 -o y.npy", &["256", "u8"]),
            ("windows u.npy --size 2 --pad 1 --border constant:-1 -o y.npy", &["-1", "u8"]),
            ("windows u.npy --size 2 --pad 1 --border constant:0.5 -o y.npy", &["0.5", "u8"]),
            ("windows u.npy --size 2 --pad 1 --border constant:x -o y.npy", &["x", "u8"]),
        ],
    );
}

#[test]
fn damaged_and_lying_files() {
    let folder = folder();
    let photo = folder.bytes("photo.jpg");
    folder.put("cut.jpg", &photo[..photo.len() / 2]);
    folder.put("late.jpg", &photo[..photo.len() - 2]);
    let array = folder.bytes("x.npy");
    folder.put("cut.npy", &array[..array.len() - 1]);
    let lie = |shape: &str| {
        let dict = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({shape}), }}");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((dict.len() as u16).to_le_bytes());
        bytes.extend(dict.as_bytes());
        bytes
    };
    folder.put("lie.npy", lie("1152921504606846976,"));
    folder.put("lies.npy", lie("1152921504606846976, 1152921504606846976"));
    folder.put("bool.npy", String::from_utf8_lossy(&lie("0,")).replace("<f8", "|b1").as_bytes());
    let speech = std::fs::read(sample("speech.wav")).unwrap();
    folder.put("cut.wav", &speech[..speech.len() / 2]);
    for name in
        ["zero.npy", "zero.jpg", "zero.png", "zero.bmp", "zero.tif", "zero.webp", "zero.wav"]
    {
        folder.put(name, "");
    }
    folder.put("noise.png", "this is no picture, whatever its name says");
    folder.put("text.txt", "text");
    let run = |name| format!("windows {name} --size 2 -o y.npy");
    check(
        &folder,
        &[
            (&run("cut.jpg"), &["cut.jpg", "cut short"]),
            (&run("late.jpg"), &["late.jpg", "cut short"]),
            ("patches cut.jpg --size 8 --edge drop -o p", &["cut.jpg", "cut short"]),
            (&run("cut.npy"), &["cut.npy", "claims 20 elements", "holds 19"]),
            (&run("lie.npy"), &["lie.npy", "claims 1152921504606846976 elements", "holds 0"]),
            (&run("lies.npy"), &["lies.npy", "1152921504606846976"]),
            (&run("bool.npy"), &["bool.npy"]),
            (&run("cut.wav"), &["cut.wav", "claims 47840 samples"]),
            (&run("zero.npy"), &["zero.npy"]),
            (&run("zero.jpg"), &["zero.jpg"]),
            (&run("zero.png"), &["zero.png"]),
            (&run("zero.bmp"), &["zero.bmp"]),
            (&run("zero.tif"), &["zero.tif"]),
            (&run("zero.webp"), &["zero.webp"]),
            (&run("zero.wav"), &["zero.wav"]),
            (&run("noise.png"), &["noise.png"]),
            (&run("text.txt"), &["text.txt", "extension"]),
            (&run("missing.npy"), &["missing.npy", "No such file"]),
        ],
    );
}

#[test]
fn places_where_no_file_is_or_can_be() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    std::fs::create_dir(folder.path().join("f.npy")).unwrap();
    check(
        &folder,
        &[
            ("windows f.npy --size 2 -o y.npy", &["f.npy", "folder"]),
            ("windows empty --size 2 -o y.npy", &["empty", "folder"]),
            ("windows x.npy --size 2 -o f.npy", &["f.npy", "folder"]),
            ("windows x.npy --size 2 -o f.npy --force", &["f.npy", "folder"]),
            ("windows x.npy --size 2 -o x.npy/y.npy", &["y.npy", "x.npy is not a folder"]),
            ("windows x.npy --size 2 -o y.png", &["y.png", ".npy"]),
            ("windows x.npy --size 2 -o y", &["y", "extension"]),
            ("patches empty --size 2 -o p", &["empty", "no picture"]),
            ("patches *.webp --size 2 -o p", &["*.webp"]),
            ("patches photo.jpg --size 61,64 -o x.npy/p", &["x.npy is not a folder"]),
            ("patches photo.jpg --size 61,64 -o p.png", &["p.png", "folder"]),
            ("patches photo.jpg --size 61,64 -o p --sheet s.npy", &["s.npy", "picture"]),
            ("patches photo.jpg photo.jpg --size 61,64 -o p", &["photo.jpg", "same name"]),
            (
                "patches photo.jpg --size 61,64 -o p --sheet p/s.png",
                &["p/s.png", "lies in the other"],
            ),
            ("patches photo.jpg --size 61,64 -o p/q --sheet p", &["p: ", "lies in the other"]),
        ],
    );
}

/// The reasons are the program's own words, whichever crate has found them.
#[test]
fn no_word_of_another_crate_is_passed_on() {
    let folder = folder();
    // A grey picture of 32-bit integers, which the crate for pictures calls `Unknown(32)`.
    let mut tif = b"II*\0\x08\0\0\0\x09\0".to_vec();
    let tags =
        [(256, 1), (257, 1), (258, 32), (259, 1), (262, 1), (273, 8), (277, 1), (278, 1), (279, 4)];
    for (tag, value) in tags {
        tif.extend([tag as u16, 4].iter().flat_map(|x| x.to_le_bytes()));
        tif.extend([1_u32, value].iter().flat_map(|x| x.to_le_bytes()));
    }
    tif.extend([0; 4]);
    folder.put("grey.tif", tif);
    folder.put("other.wav", b"RIFF\x04\0\0\0AVI ");
    let broken: Vec<u8> = {
        let mut bytes = std::fs::read(sample("patches.jpg")).unwrap();
        bytes[2..40].fill(0x55);
        bytes
    };
    folder.put("broken.jpg", broken);
    for extension in ["png", "bmp", "tif", "webp", "jpg"] {
        folder.put(
            &format!("text.{extension}"),
            "no picture, and long enough to be looked at for one",
        );
    }
    let run = |name| format!("windows {name} --size 2 -o y.npy");
    check(
        &folder,
        &[
            (&run("grey.tif"), &["grey.tif: is a .tiff picture of a kind that is not read"]),
            (&run("broken.jpg"), &["broken.jpg: is "]),
            (&run("text.png"), &["text.png: is no .png picture, or a damaged one"]),
            (&run("text.bmp"), &["text.bmp: is no .bmp picture, or a damaged one"]),
            (&run("text.tif"), &["text.tif: is no .tif"]),
            (&run("text.webp"), &["text.webp: is no .webp picture, or a damaged one"]),
            (&run("text.jpg"), &["text.jpg: is "]),
            (&run("other.wav"), &["other.wav: is a RIFF file of AVI, not of WAVE"]),
            ("patches [ --size 2 -o y.npy", &["[: is neither a file nor a pattern"]),
        ],
    );
}

#[test]
fn pictures_that_do_not_go_together() {
    let folder = folder();
    folder.put_array("grey.npy", &[8, 8], &[0u8; 64]);
    folder.put_array("wide.npy", &[8, 9], &[0u8; 72]);
    folder.put_array("deep.npy", &[8, 8], &[0u16; 64]);
    folder.put_array("line.npy", &[8], &[0u8; 8]);
    folder.put_array("float.npy", &[8, 8], &[0f32; 64]);
    check(
        &folder,
        &[
            ("patches grey.npy wide.npy --size 4 -o y.npy", &["wide.npy", "[8, 9]", "[8, 8]"]),
            ("patches grey.npy deep.npy --size 4 -o y.npy", &["deep.npy", "u16", "u8"]),
            ("patches line.npy --size 4 -o y.npy", &["line.npy", "[8]"]),
            ("patches float.npy --size 4 -o p", &["p: ", "f32"]),
            ("patches grey.npy deep.npy --size 4 -o p --sheet s.png", &["--sheet", "2 are given"]),
        ],
    );
}

#[test]
fn outputs_that_exist_are_kept_unless_forced() {
    let folder = folder();
    folder.put("y.npy", "kept");
    folder.put("s.png", "kept");
    std::fs::create_dir(folder.path().join("p")).unwrap();
    folder.put("p/kept.txt", "kept");
    check(
        &folder,
        &[
            ("windows x.npy --size 2 -o y.npy", &["y.npy", "exists", "--force"]),
            ("patches photo.jpg --size 61,64 -o y.npy", &["y.npy", "exists", "--force"]),
            ("patches photo.jpg --size 61,64 -o p", &["p", "not empty", "--force"]),
            ("patches photo.jpg --size 61,64 -o q --sheet s.png", &["s.png", "exists"]),
            ("windows x.npy --size 2 -o x.npy", &["x.npy", "exists"]),
            ("patches photo.jpg --size 61,64 -o q.npy --sheet q.npy", &["q.npy", "two outputs"]),
        ],
    );
    assert_eq!(folder.bytes("y.npy"), b"kept");
    folder.run("windows x.npy --size 2 -o y.npy --force").success();
    assert_eq!(folder.array::<f64>("y.npy").shape(), [4, 4, 2]);
    folder.run("patches photo.jpg --size 61,64 -o p --force").success();
    assert_eq!(folder.bytes("p/kept.txt"), b"kept");
    // An input that is its own output is read before it is replaced.
    folder.run("windows x.npy --size 2 -o x.npy --force").success();
    assert_eq!(folder.array::<f64>("x.npy").shape(), [4, 4, 2]);
    // A failure under --force keeps what was there.
    folder.run("windows photo.jpg --size 900 -o y.npy --force").failure();
    assert_eq!(folder.array::<f64>("y.npy").shape(), [4, 4, 2]);
}
