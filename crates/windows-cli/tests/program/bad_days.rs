//! Days on which the machine does not help: closed pipes, full devices, kills, races.

use std::io::Read;
use std::process::Stdio;

use crate::support::{Folder, program};

fn folder() -> Folder {
    let folder = Folder::new();
    folder.put_array("x.npy", &[600, 600], &vec![1.5f64; 360_000]);
    folder
}

#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let folder = folder();
    for args in [&["--help"][..], &["windows", "x.npy", "--size", "2", "-o", "y.npy"]] {
        let mut child = program(folder.path())
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""), "{args:?}");
    }
    assert_eq!(folder.array::<f64>("y.npy").shape(), [600, 599, 2]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_is_one_line() {
    let folder = folder();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = program(folder.path())
        .args(["windows", "x.npy", "--size", "2", "-o", "y.npy"])
        .stdout(full)
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), stderr.lines().count()), (Some(2), 1), "{stderr}");
}

#[cfg(unix)]
#[test]
fn devices_and_pipes_are_neither_read_nor_replaced() {
    let folder = folder();
    std::os::unix::fs::symlink("/dev/zero", folder.path().join("zero.npy")).unwrap();
    std::os::unix::fs::symlink("/dev/null", folder.path().join("null.npy")).unwrap();
    let line = folder.run("windows zero.npy --size 2 -o y.npy").failure();
    assert!(line.contains("zero.npy: is not a regular file"), "{line}");
    let line = folder.run("windows x.npy --size 2 -o null.npy --force").failure();
    assert!(line.contains("null.npy: exists and is not a regular file"), "{line}");
}

/// Whatever the moment, the output is whole or not there.
#[test]
fn a_kill_leaves_no_half_output() {
    let folder = folder();
    let whole = folder.run("windows x.npy --size 8,8 -o whole.npy");
    whole.success();
    let len = folder.bytes("whole.npy").len();
    for milliseconds in [0, 2, 5, 10, 20, 40, 80, 160] {
        let mut child = program(folder.path())
            .args(["windows", "x.npy", "--size", "8,8", "-o", "y.npy", "--force"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        if let Ok(data) = std::fs::metadata(folder.path().join("y.npy")) {
            assert_eq!(data.len() as usize, len, "killed after {milliseconds} ms");
        }
    }
}

#[test]
fn of_many_runs_on_one_output_one_wins() {
    let folder = folder();
    let spawn = |_| {
        program(folder.path())
            .args(["windows", "x.npy", "--size", "3,3", "-o", "y.npy", "-q"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let runs: Vec<_> = (0..4).map(spawn).collect();
    let mut won = 0;
    for run in runs {
        let output = run.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        match output.status.code() {
            Some(0) => won += 1,
            code => assert!(code == Some(2) && stderr.contains("y.npy: exists"), "{stderr}"),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(folder.array::<f64>("y.npy").shape(), [598, 598, 3, 3]);
    assert_eq!(folder.names(), ["x.npy", "y.npy"]);
}
