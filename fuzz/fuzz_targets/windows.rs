#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| windows_fuzz::run("windows", data));
