//! That guarded memory is where it says, and that its pages end a process that touches them.

use std::process::Command;

use windows_testkit::guard::{Guarded, both_ends};

/// Named in the environment of the child that overruns on purpose.
const OVERRUN: &str = "WINDOWS_TESTKIT_OVERRUN";

#[test]
fn values_are_copied_and_can_be_written() {
    for len in [0, 1, 3, 1000, 5000] {
        let values: Vec<u16> = (0..len).collect();
        for mut guarded in both_ends(&values) {
            assert_eq!(*guarded, *values);
            guarded.reverse();
            assert!(guarded.iter().rev().eq(&values));
        }
    }
}

#[test]
#[cfg(all(unix, not(miri)))]
fn the_byte_beside_the_values_ends_the_process() {
    use std::os::unix::process::ExitStatusExt;

    match std::env::var(OVERRUN).as_deref() {
        Ok("before") => return Guarded::at_start(&[7_u8; 100]).overrun(true),
        Ok(_) => return Guarded::at_end(&[7_u8; 100]).overrun(false),
        Err(_) => {}
    }
    for side in ["before", "behind"] {
        let child = Command::new(std::env::current_exe().expect("a name"))
            .args(["--exact", "the_byte_beside_the_values_ends_the_process"])
            .env(OVERRUN, side)
            .output()
            .expect("a child");
        assert_eq!(child.status.signal(), Some(11), "{side}: {child:?}");
    }
}
