//! `ndwin text`: lines of JSON, from files and from standard input.

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Folder, program};

const TEXT: &str = "\u{feff}né ici. Un jour: 日本語 x\r\nl'été 👩‍👩‍👧 fini ! \"fin\"\n\nlast";

fn range(line: &Value, name: &str) -> [usize; 2] {
    [0, 1].map(|side| line[name][side].as_u64().unwrap().try_into().unwrap())
}

fn lines(jsonl: &str) -> Vec<Value> {
    jsonl.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_line_knows_its_place() {
    let folder = Folder::new();
    folder.put("a.txt", TEXT);
    for unit in ["byte", "char", "grapheme", "word", "sentence", "line"] {
        for options in ["--size 4", "--size 5 --overlap 2", "--size 2 --step 3", "--ngrams 1:3"] {
            if unit == "byte" && options.starts_with("--ngrams") {
                continue;
            }
            folder
                .run(&format!("text a.txt --unit {unit} {options} -o a.jsonl --force -q"))
                .success();
            let jsonl = String::from_utf8(folder.bytes("a.jsonl")).unwrap();
            let mut seen = 0;
            for line in lines(&jsonl) {
                let ([start, end], [first, last]) = (range(&line, "bytes"), range(&line, "chars"));
                let text = line["text"].as_str().unwrap();
                assert_eq!(text, &TEXT[start..end]);
                assert_eq!(text.chars().count(), last - first);
                assert_eq!(first, TEXT[..start].chars().count());
                assert_eq!(
                    range(&line, "fresh"),
                    [seen.clamp(start, end), end],
                    "{unit} {options}"
                );
                seen = seen.max(end);
            }
            // A step beyond the size leaves text out, at the end as well.
            assert!(seen == TEXT.len() || options.ends_with("--step 3"), "{unit} {options}");
        }
    }
}

#[test]
fn standard_input_in_pieces_gives_the_lines_of_the_file() {
    let folder = Folder::new();
    folder.put("a.txt", TEXT);
    folder.run("text a.txt --unit word --size 3 --overlap 1 -o new/a.jsonl -q").success();
    let expected = folder.bytes("new/a.jsonl");
    let args = ["text", "-", "--unit", "word", "--size", "3", "--overlap", "1", "-o", "-", "-q"];
    let mut child = program(folder.path())
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    for byte in TEXT.as_bytes() {
        input.write_all(&[*byte]).unwrap();
        input.flush().unwrap();
    }
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout), String::from_utf8(expected));
}

#[test]
fn a_known_text_gives_known_lines() {
    let folder = Folder::new();
    folder.put("a.txt", "né ici.\nnon");
    let run = |options: &str| folder.run(&format!("text a.txt {options} -o - -q")).success();
    assert_eq!(
        run("--unit line --size 1"),
        "{\"text\":\"né ici.\\n\",\"bytes\":[0,9],\"chars\":[0,8],\"units\":[0,1],\"fresh\":[0,9]}\n\
         {\"text\":\"non\",\"bytes\":[9,12],\"chars\":[8,11],\"units\":[1,2],\"fresh\":[9,12]}\n"
    );
    let texts = |options: &str| -> Vec<String> {
        lines(&run(options)).iter().map(|line| line["text"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        texts("--unit word --ngrams 1:2"),
        ["né", "né ici", "ici", "ici.", ".", ".\nnon", "non"]
    );
    assert_eq!(texts("--unit word --size 3 --step 3 --tail keep"), ["né ici.", "non"]);
    assert_eq!(texts("--unit word --size 3 --step 3 --tail drop"), ["né ici."]);
    assert_eq!(texts("--unit word --size 3 --step 3 --tail slide-back"), ["né ici.", "ici.\nnon"]);
    assert_eq!(texts("--unit word --size 2 --step 2 --tail balance"), ["né ici", ".\nnon"]);
    assert_eq!(texts("--unit word --size 3 --step 3 --tail pad"), ["né ici.", "non"]);
    assert_eq!(
        texts("--unit byte --size 2 --step 2 --tail drop"),
        ["n", "é", " i", "ci", ".\n", "no"]
    );

    folder.put("empty.txt", "");
    folder.run("text empty.txt --unit word --size 3 -o empty.jsonl -q").success();
    assert_eq!(folder.bytes("empty.jsonl"), b"");
}

#[test]
fn what_cannot_be_done_is_said_and_nothing_is_written() {
    let folder = Folder::new();
    folder.put("a.txt", "one two three");
    folder.put("bad.txt", b"fine\xc3(\n");
    folder.put("long.txt", "x".repeat(100));
    let before = folder.names();
    for (args, reason) in [
        ("a.txt --unit word --size 3 --overlap 3", "--overlap 3 leaves nothing of --size 3"),
        ("a.txt --unit word --size 0", "window size 0"),
        ("a.txt --unit word --size 2 --step 0", "step 0"),
        ("a.txt --unit word", "--size"),
        ("a.txt --unit token --size 2", "token"),
        ("a.txt --unit word --ngrams 3:2", "not A:B"),
        ("a.txt --unit byte --ngrams 1:2", "--unit char"),
        ("a.txt --unit byte --size 2 --tail balance", "--tail balance"),
        ("a.txt --unit word --size 2 --max-unit 0", "--max-unit 0"),
        ("bad.txt --unit word --size 2", "ndwin: bad.txt: invalid UTF-8 at byte 4"),
        (
            "long.txt --unit word --size 2 --max-unit 99",
            "long.txt: the unit at byte 0 is longer than 99",
        ),
        (". --unit word --size 2", "folder"),
        ("none.txt --unit word --size 2", "none.txt: "),
    ] {
        let said = folder.run(&format!("text {args} -o out.jsonl")).failure();
        assert!(said.contains(reason), "{args}: {said}");
        assert_eq!(folder.names(), before, "{args}");
    }
    assert!(folder.run("text a.txt --unit word --size 2 -o out.npy").failure().contains(".jsonl"));

    folder.run("text bad.txt --unit line --size 1 --lossy -o - -q").success();
    folder.run("text long.txt --unit word --size 2 --max-unit 100 -o - -q").success();
}
