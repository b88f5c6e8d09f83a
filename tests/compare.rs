//! `candor compare` as its users meet it, where a case of `tests/cmd` can't say it: git, colours, files.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod folder;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use folder::Folder;

const WEAK: &str =
    "We had some problems with the export, and we kind of fixed it together. It was a lot of work.\n";
const MENDED: &str = "\
The billing export failed nine times a week, and each failure delayed invoices of 400 customers. The export was mine from \
March on. I compared a month of failures and found that two jobs wrote the same file, so I proposed to the two leads that \
one of them waits. Failures fell from nine a week to one in two months. I check the count every Monday, and the rule is \
now in our release checklist. I learned to count before I ask whose fault it is.\n";

/// Runs git here, without the settings of whoever runs the tests.
fn git(folder: &Folder, args: &[&str]) {
    let who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
    let ran = Command::new("git").current_dir(&folder.0).args(who).args(args).output().unwrap();
    assert!(ran.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

/// `candor compare` in a folder, without the settings of whoever runs the tests.
fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
    command.current_dir(folder).env("HOME", folder).arg("compare").args(args).stdin(Stdio::null());
    let names = ["CANDOR_CONFIG", "CANDOR_CACHE", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "GIT_DIR"];
    for name in names.into_iter().chain(["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"]) {
        command.env_remove(name);
    }
    // A repository above the folder of temporary files is none of ours.
    command.env("GIT_CEILING_DIRECTORIES", std::env::temp_dir());
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    command(folder, args).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What it says on standard error, where it could not run.
fn refused(folder: &Path, args: &[&str]) -> String {
    let output = run(folder, args);
    assert_eq!((output.status.code(), out(&output).as_str()), (Some(2), ""), "{args:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Whether the program git is there; in CI it has to be.
fn has_git() -> bool {
    let there = Command::new("git").arg("--version").output().is_ok_and(|o| o.status.success());
    assert!(there || std::env::var_os("CI").is_none(), "git is not installed");
    there
}

#[test]
fn a_file_is_compared_with_what_it_was() {
    if !has_git() {
        return;
    }
    let folder = Folder::new("compare-git");
    folder.write("stories/a.md", WEAK);
    git(&folder, &["init", "--quiet"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "--quiet", "-m", "a story"]);
    folder.write("stories/a.md", MENDED);
    for (place, file) in [(".", "stories/a.md"), ("stories", "a.md"), ("stories", "../stories/a.md")] {
        let output = run(&folder.0.join(place), &["--git", "HEAD", file, "--format", "json"]);
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&said["verdict"], &said["new"]["path"]), (&"better".into(), &file.into()));
        assert_eq!(said["old"]["path"], format!("HEAD:{file}"));
    }
    let bank = |text: &str| format!("# One\n\n{text}\n\n# Two\n\n{text}\n");
    folder.write("stories/bank.md", &bank(WEAK));
    git(&folder, &["add", "stories/bank.md"]);
    git(&folder, &["commit", "--quiet", "-m", "a bank"]);
    folder.write("stories/bank.md", &bank(MENDED));
    let story = run(&folder.0, &["--git", "HEAD", "stories/bank.md#Two", "--format", "json"]);
    let said: serde_json::Value = serde_json::from_slice(&story.stdout).unwrap();
    assert_eq!(
        (&said["verdict"], &said["old"]["path"]),
        (&"better".into(), &"HEAD:stories/bank.md#Two".into())
    );
    folder.write("weak.md", WEAK);
    let piped = command(&folder.0, &["-", "stories/a.md", "--quiet"])
        .stdin(fs::File::open(folder.0.join("weak.md")).unwrap())
        .output()
        .unwrap();
    assert!(out(&piped).starts_with("Better: "), "{}", out(&piped));
    let two = run(&folder.0, &["weak.md", "stories/a.md", "--format", "json"]);
    let one = run(&folder.0, &["--git", "HEAD", "stories/a.md", "--format", "json"]);
    let renamed = out(&one).replace("HEAD:stories/a.md", "weak.md");
    assert_eq!(renamed, out(&two), "it is the file of the revision that is read");
    git(&folder, &["commit", "--quiet", "-a", "-m", "mended"]);
    let same = out(&run(&folder.0, &["--git", "HEAD", "--quiet", "stories/a.md"]));
    assert!(same.starts_with("Within noise: "), "{same}");
    let back = out(&run(&folder.0, &["--git", "HEAD~1", "--quiet", "stories/a.md"]));
    assert!(back.starts_with("Better: "), "{back}");
    assert!(refused(&folder.0, &["--git", "HEAD~7", "stories/a.md"]).contains("has no revision `HEAD~7`"));
    assert!(refused(&folder.0, &["--git=--help", "stories/a.md"]).contains("has no revision `--help`"));
    assert!(refused(&folder.0, &["--git", "", "stories/a.md"]).contains("has no revision ``"));
    assert!(refused(&folder.0, &["--git", "HEAD", "weak.md"]).contains("weak.md was not there at `HEAD`"));
    assert!(refused(&folder.0, &["--git", "HEAD", "none/a.md"]).contains("none/a.md: no such file"));
    fs::remove_file(folder.0.join("stories/a.md")).unwrap();
    assert!(refused(&folder.0, &["--git", "HEAD", "stories/a.md"]).contains("stories/a.md: no such file"));
}

#[test]
fn the_file_is_that_of_its_own_folder_and_no_link() {
    if !has_git() {
        return;
    }
    let folder = Folder::new("compare-hook");
    folder.write("stories/a.md", WEAK);
    folder.write("a.md", MENDED);
    git(&folder, &["init", "--quiet"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "--quiet", "-m", "a story and its namesake"]);
    folder.write("stories/a.md", MENDED);
    // as in a hook of another working tree
    let mut in_hook = command(&folder.0, &["--git", "HEAD", "stories/a.md", "--quiet"]);
    let in_hook = in_hook.env("GIT_DIR", folder.0.join(".git")).output().unwrap();
    assert!(out(&in_hook).starts_with("Better: "), "{}", out(&in_hook));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("stories/a.md", folder.0.join("link.md")).unwrap();
        git(&folder, &["add", "link.md"]);
        git(&folder, &["commit", "--quiet", "-m", "a link"]);
        assert!(refused(&folder.0, &["--git", "HEAD", "link.md"]).contains("was no plain file at `HEAD`"));
    }
}

#[test]
fn without_git_or_a_repository_it_says_so() {
    let folder = Folder::new("compare-nogit");
    folder.write("a.md", WEAK);
    let output = command(&folder.0, &["--git", "HEAD", "a.md"]).env("PATH", &folder.0).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("git, which is not there; install it or give two files or two banks"), "{said}");
    if has_git() {
        let said = refused(&folder.0, &["--git", "HEAD", "a.md"]);
        assert!(said.contains("a.md is in no git repository; give two files or two banks"), "{said}");
    }
}

#[test]
fn an_answer_is_never_written_over_and_the_output_is_written_whole() {
    let folder = Folder::new("compare-over");
    folder.write("a.md", WEAK);
    folder.write("b.md", MENDED);
    for name in ["a.md", "./b.md"] {
        assert!(
            refused(&folder.0, &["a.md", "b.md", "-o", name]).contains("which is read; name another file")
        );
    }
    assert_eq!(fs::read_to_string(folder.0.join("b.md")).unwrap(), MENDED);
    assert_eq!(out(&run(&folder.0, &["a.md", "b.md", "-o", "out.txt"])), "");
    assert_eq!(
        fs::read_to_string(folder.0.join("out.txt")).unwrap(),
        out(&run(&folder.0, &["a.md", "b.md"]))
    );
}

/// A bank with a story that was weak and is mended, in files and in records.
fn two_banks(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("old/export.md", WEAK);
    folder.write("old/gate.md", GATE);
    folder.write("new/export.md", MENDED);
    folder.write("new/sub/gate-again.md", GATE);
    folder
}

const GATE: &str = "\
I was responsible for the plan of the ramp crews when our airport moved to automatic gates. Two crews wanted the same shift, so \
I asked both for the days on which it would hurt them, and I decided by the count. No flight left late.\n";

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_bank_is_compared_with_what_it_was() {
    if !has_git() {
        return;
    }
    let folder = two_banks("compare-bank-git");
    let path = |name: &str| folder.0.join(name);
    git(&folder, &["init", "--quiet"]);
    folder.write("bank/export.md", WEAK);
    folder.write("bank/gate.md", GATE);
    for not_a_story in ["bank/README.md", "bank/.hidden.md", "bank/draft.md", "bank/x.csv"] {
        folder.write(not_a_story, "Not a story.\n");
    }
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "--quiet", "-m", "a bank"]);
    // What is left out now is left out of what was there too.
    folder.write("bank/.candorignore", "draft.md\n");
    folder.write("bank/export.md", MENDED);
    fs::create_dir_all(path("bank/sub")).unwrap();
    fs::rename(path("bank/gate.md"), path("bank/sub/gate-again.md")).unwrap();
    let said = json(&run(&folder.0, &["--git", "HEAD", "bank", "--format", "json"]));
    assert_eq!(
        (said["counts"]["better"].as_u64(), said["counts"]["unchanged"].as_u64()),
        (Some(1), Some(1)),
        "{said}"
    );
    let paths = |pair: &serde_json::Value| {
        [&pair["old"]["path"], &pair["new"]["path"]].map(|p| p.as_str().unwrap().to_owned())
    };
    assert_eq!(paths(&said["pairs"][0]), ["HEAD:bank/export.md", "bank/export.md"]);
    assert_eq!(paths(&said["pairs"][1]), ["HEAD:bank/gate.md", "bank/sub/gate-again.md"]);
    assert_eq!((&said["old"]["path"], &said["old"]["stories"]), (&"HEAD:bank".into(), &2.into()));
    let two = json(&run(&folder.0, &["old", "new", "--format", "json"]));
    assert_eq!((&said["scored"], &said["findings"]), (&two["scored"], &two["findings"]));
    // From within, and of a file of records and one of headings.
    let inside = json(&run(&path("bank"), &["--git", "HEAD", ".", "--format", "json"]));
    assert_eq!(inside["pairs"][0]["old"]["path"], "HEAD:./export.md");
    folder.write("r.jsonl", &format!("{{\"id\": 1, \"text\": {}}}\n", serde_json::json!(WEAK)));
    folder.write("s.md", GATE);
    git(&folder, &["add", "r.jsonl", "s.md"]);
    git(&folder, &["commit", "--quiet", "-m", "records"]);
    folder.write("r.jsonl", &format!("{{\"id\": 1, \"text\": {}}}\n", serde_json::json!(MENDED)));
    folder.write("s.md", &format!("# Export\n{MENDED}\n# Gate\n{GATE}{GATE}"));
    assert_eq!(
        json(&run(&folder.0, &["--git", "HEAD", "r.jsonl", "--format", "json"]))["counts"]["better"],
        1
    );
    let grown = run(&folder.0, &["--git", "HEAD", "s.md", "--format", "json"]);
    let counts = &json(&grown)["counts"];
    assert_eq!((&counts["added"], &counts["taken_out"]), (&1.into(), &0.into()), "{counts}");
    folder.write("later/a.md", WEAK);
    let said = refused(&folder.0, &["--git", "HEAD", "later"]);
    assert!(said.contains("no story of later was there at `HEAD`; see `git log -- later`"), "{said}");
    assert!(refused(&folder.0, &["--git", "no", "bank"]).contains("has no revision `no`"));
    assert!(refused(&folder.0, &["--git", "HEAD", "none"]).contains("none: no such file"));
}

#[test]
fn two_banks_end_with_the_code_that_is_asked_for() {
    let folder = two_banks("compare-bank-code");
    let code = |args: &[&str]| run(&folder.0, args).status.code();
    assert_eq!(code(&["old", "new", "--fail-if-worse"]), Some(0));
    assert_eq!(code(&["new", "old", "--fail-if-worse"]), Some(1));
    assert_eq!(code(&["new", "old"]), Some(0));
    folder.write("new/empty.md", " ");
    assert_eq!((code(&["old", "new"]), code(&["old", "new", "--strict"])), (Some(0), Some(2)));
    folder.write("new/export.md", "Buy milk.\n");
    assert_eq!(code(&["old", "new", "--fail-if-worse"]), Some(1), "it is no answer any more");
    folder.write(
        "other/x.md",
        "Frost broke the irrigation of our greenhouse, so I wrapped the bend that froze first.\n",
    );
    let output = run(&folder.0, &["old", "other"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(said.contains("no story of old is found again in other"), "{said}");
    assert!(out(&output).contains("2 taken out, 1 new"), "{}", out(&output));
}

#[test]
fn what_is_no_bank_is_told_what_to_give() {
    let folder = two_banks("compare-bank-wrong");
    folder.write("export.md", WEAK);
    folder.write("empty/a.md", " ");
    folder.write("r.csv", "id,body\n1,So.\n");
    for (args, said) in [
        (
            ["export.md", "new"],
            "new is a folder of stories and export.md a file; give two banks, or two stories (new/export.md is one)",
        ),
        (
            ["old", "export.md"],
            "old is a folder of stories and export.md a file; give two banks, or two stories (old/export.md is one)",
        ),
        (["old", "none"], "none: no such file or folder"),
        (["old", "empty"], "nothing could be read in empty: empty/a.md is empty"),
        (
            ["r.csv", "old"],
            "nothing could be read in r.csv: r.csv has no column `text`, only id, body; --text-field names another",
        ),
    ] {
        assert!(refused(&folder.0, &args).contains(said), "{args:?}: {}", refused(&folder.0, &args));
    }
    let over = refused(&folder.0, &["old", "new", "-o", "new/export.md"]);
    assert!(over.contains("is one of the stories of new"), "{over}");
    assert_eq!(fs::read_to_string(folder.0.join("new/export.md")).unwrap(), MENDED);
    folder.write("r.csv", &format!("id,body\nexport,\"{WEAK}\"\n"));
    let named = run(&folder.0, &["r.csv", "r.csv", "--text-field", "body", "--quiet"]);
    assert!(out(&named).contains("1 within noise (unchanged)"), "{}", out(&named));
    // One story beside records is a bank of one, found by its words.
    folder.write("many.md", &format!("# Export\n{MENDED}\n# Gate\n{GATE}{GATE}"));
    let one = json(&run(&folder.0, &["export.md", "many.md", "--format", "json"]));
    assert_eq!((&one["old"]["stories"], &one["new"]["stories"]), (&1.into(), &2.into()));
}

#[test]
fn settings_and_colour_are_those_of_the_config_and_the_options() {
    let folder = Folder::new("compare-settings");
    folder.write("a.md", WEAK);
    folder.write("b.md", MENDED);
    let plain = out(&run(&folder.0, &["a.md", "b.md"]));
    assert!(plain.contains("no_ownership]") && !plain.contains('\u{1b}'), "{plain}");
    folder.write("candor.toml", "ignore = ['no_ownership']\ncolor = 'always'\nformat = 'jsonl'\n");
    let set = out(&run(&folder.0, &["a.md", "b.md"]));
    assert!(!set.contains("no_ownership]") && set.contains('\u{1b}'), "{set}");
    let unset = out(&run(&folder.0, &["a.md", "b.md", "--no-config"]));
    assert!(
        plain.ends_with("\nNext: `candor critique b.md` says what to mend in the new version.\n"),
        "{plain}"
    );
    assert_eq!(unset.replace(" --no-config", ""), plain);
    let asked = out(&run(&folder.0, &["a.md", "b.md", "--question", "What is your greatest strength?"]));
    assert!(asked.contains("Question: What is your greatest strength?"), "{asked}");
}

#[test]
fn threads_and_repetition_change_no_byte() {
    let folder = Folder::new("compare-threads");
    folder.write("a.md", WEAK);
    folder.write("b.md", MENDED);
    let with = |threads: &str| {
        let mut command = command(&folder.0, &["a.md", "b.md", "--format", "json"]);
        command.env("RAYON_NUM_THREADS", threads).output().unwrap().stdout
    };
    let once = with("1");
    assert!(once.len() > 1000);
    for run in 0..6 {
        assert!(with(if run % 2 == 0 { "2" } else { "1" }) == once, "run {run} differs");
    }
    let banks = two_banks("compare-bank-threads");
    for format in ["json", "terminal"] {
        let with = |threads: &str| {
            let mut command = command(&banks.0, &["old", "new", "--no-cache", "--format", format]);
            command.env("RAYON_NUM_THREADS", threads).output().unwrap().stdout
        };
        let once = with("1");
        assert!(once.len() > 1000);
        assert!(with("2") == once && with("1") == once, "{format} differs");
    }
}
