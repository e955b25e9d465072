//! Arguments and help.

use crate::support::{Folder, program, root};

#[test]
fn wrong_arguments_are_one_line() {
    let folder = Folder::new();
    for (args, reason) in [
        ("", "requires a subcommand"),
        ("windws", "'windws'"),
        ("windows", "--size"),
        ("windows x.npy --size 3", "--output"),
        ("windows x.npy --size 3 -o y.npy --sise 3", "--sise"),
        ("windows x.npy --size -3 -o y.npy", "'-3'"),
        ("windows x.npy --size 3,x -o y.npy", "'x'"),
        ("windows x.npy --size 99999999999999999999 -o y.npy", "99999999999999999999"),
        ("windows x.npy --size 3 --pad -1 -o y.npy", "'-1'"),
        ("windows x.npy --size 3 --border mirror -o y.npy", "mirror"),
        ("windows x.npy --size 3 --edge round -o y.npy", "round"),
        ("windows x.npy --size 3 --same middle -o y.npy", "middle"),
        ("windows x.npy --size 3 --threads 0 -o y.npy", "0"),
        ("windows x.npy --size 3 --threads -2 -o y.npy", "-2"),
        ("windows x.npy --size 3 -o", "--output"),
    ] {
        let line = folder.run(args).failure();
        assert!(line.contains(reason), "ndwin {args}: {line}");
    }
    assert!(folder.names().is_empty());
}

#[test]
fn help_and_version_go_to_standard_output() {
    let folder = Folder::new();
    assert!(folder.run("--version").success().starts_with("ndwin 0."));
    assert!(folder.run("--help").success().contains("windows"));
    assert!(folder.run("windows --help").success().contains("--dilation"));
}

/// The commands, as the help lists them.
fn commands(folder: &Folder) -> Vec<String> {
    let help = folder.run("--help").success();
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = list.take_while(|line| !line.is_empty());
    lines.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
}

/// Runs what the help of each command shows, as typed, where it shows it: at the root, on the
/// samples.
#[test]
fn examples_run_as_typed() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("docs")).unwrap();
    std::fs::create_dir(folder.path().join("docs/assets")).unwrap();
    for entry in std::fs::read_dir(root().join("docs/assets")).unwrap() {
        let from = entry.unwrap().path();
        std::fs::copy(&from, folder.path().join("docs/assets").join(from.file_name().unwrap()))
            .unwrap();
    }
    let commands = commands(&folder);
    assert!(commands.len() >= 2, "{commands:?}");
    for command in commands {
        let help = folder.run(&format!("{command} --help")).success().replace("\\\n", " ");
        let examples: Vec<&str> =
            help.lines().filter_map(|line| line.strip_prefix("  ndwin ")).collect();
        assert!(!examples.is_empty(), "ndwin {command} --help");
        for example in examples {
            // Twice: an example that is typed again must not fail.
            folder.run(example).success();
            folder.run(example).success();
        }
    }
}

#[test]
fn an_unknown_instruction_set_is_said() {
    let folder = Folder::new();
    folder.put_array("x.npy", &[4], &[1_u8, 2, 3, 4]);
    let mut results = Vec::new();
    for (word, reason) in [
        ("portable", None),
        ("sse9", Some("`sse9`")),
        ("avx2+bf16", Some("`+bf16`")),
        ("AVX2", Some("`AVX2`")),
    ] {
        let output = program(folder.path())
            .env("WINDOWS_ISA", word)
            .args(["pool", "x.npy", "--kind", "max", "--size", "2", "--quiet", "-o"])
            .arg(format!("{word}.npy"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{word}: {output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said.lines().count(), usize::from(reason.is_some()), "{word}: {said}");
        assert!(said.contains(reason.unwrap_or_default()), "{word}: {said}");
        results.push(folder.bytes(&format!("{word}.npy")));
    }
    assert!(results.windows(2).all(|pair| pair[0] == pair[1]));
}
