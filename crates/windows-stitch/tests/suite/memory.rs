//! The bound on memory, under a limit that the system enforces.

#[path = "../../examples/stream_volume.rs"]
mod stream_volume;

/// Run by the other test, in a process that may not have more memory.
#[test]
#[ignore = "the other test runs it"]
fn stream() {
    stream_volume::main();
}

#[test]
#[cfg(target_os = "linux")]
#[cfg_attr(miri, ignore = "it starts processes")]
fn a_volume_streams_through_less_memory_than_it_takes() {
    let program = std::env::current_exe().unwrap();
    let run = |hold: bool| {
        // 40 MiB: this program itself maps a dozen before it starts. The volume takes 96.
        let script = "ulimit -v 40960; exec \"$0\" --ignored --exact memory::stream --nocapture \
                      --test-threads 1";
        let mut command = std::process::Command::new("bash");
        command.args(["-c", script]).arg(&program).env("MALLOC_ARENA_MAX", "1");
        if hold {
            command.env("HOLD", "1");
        }
        command.output().unwrap()
    };
    let streamed = run(false);
    let said = String::from_utf8_lossy(&streamed.stdout);
    assert!(streamed.status.success(), "{said}{}", String::from_utf8_lossy(&streamed.stderr));
    assert!(said.contains("25165824 voxels"), "{said}");
    // Whoever keeps the result breaks the bound, and the limit notices.
    let held = run(true);
    assert!(!held.status.success());
    assert!(String::from_utf8_lossy(&held.stderr).contains("memory allocation"));
}
