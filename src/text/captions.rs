//! Captions: files of cues with their times (WebVTT, SRT), and lines that were copied with their times from a video.

use super::talk::Part;
use super::who::is_name;
use super::{is_blank, stamp};

/// Times on lines of their own from which on a text may be copied captions.
const TIMES: usize = 3;

/// With what WebVTT begins, and what may stand below it above the first cue.
const WEBVTT: &str = "WEBVTT";
const HEADS: [&str; 4] = [WEBVTT, "NOTE", "Kind:", "Language:"];

/// What each line is, as far as its cues say: cues go on with one another where no sentence ends.
pub(super) fn parts(lines: &[&str]) -> Vec<Part> {
    let mut parts = vec![Part::Whole; lines.len()];
    let marked = lines.iter().find(|line| !is_blank(line)).is_some_and(|line| bare(line).starts_with(WEBVTT));
    let mut cues = (0..lines.len()).filter(|i| is_cue(lines[*i]));
    match (cues.next(), cues.next()) {
        (Some(first), second) if marked || second.is_some() => set_cues(lines, first, marked, &mut parts),
        _ => set_copied(lines, &mut parts),
    }
    parts
}

/// The parts of a file of cues, of which the first has its time on line `first`. `marked`: whether it begins as WebVTT does.
fn set_cues(lines: &[&str], first: usize, marked: bool, parts: &mut [Part]) {
    for (i, line) in lines.iter().enumerate() {
        let numbers = lines.get(i + 1).is_some_and(|below| is_cue(below)) && stamp::is_bare(line);
        let heads = i < first && marked && HEADS.iter().any(|head| bare(line).starts_with(head));
        if is_cue(line) || numbers || heads || is_blank(line) {
            parts[i] = Part::Gone;
        } else if i > first {
            parts[i] = Part::Cue(0..line.len());
        }
    }
}

/// The parts of what was copied from a video, where enough of the lines are times that stand below no name.
fn set_copied(lines: &[&str], parts: &mut [Part]) {
    let is_time =
        |i: &usize| stamp::is_time(lines[*i]) && !i.checked_sub(1).is_some_and(|above| is_name(lines[above]));
    let times: Vec<usize> = (0..lines.len()).filter(is_time).collect();
    if times.len() < TIMES || 4 * times.len() < lines.iter().filter(|line| !is_blank(line)).count() {
        return;
    }
    for i in times {
        parts[i] = Part::Gone;
        let below = lines.get(i + 1).filter(|line| line.trim_start().starts_with(char::is_lowercase));
        if let Some(below) = below {
            parts[i + 1] = Part::Cue(0..below.len());
        }
    }
}

fn bare(line: &str) -> &str {
    line.trim_start_matches('\u{feff}')
}

/// "00:00:10.000 --> 00:00:14.000 align:start": to the second at least, and nothing but settings behind it.
fn is_cue(line: &str) -> bool {
    let Some((from, to)) = line.split_once("-->") else { return false };
    let exact = from.matches(':').count() > 1 || from.contains(['.', ',']);
    let set = |end: usize| to[end..].split_whitespace().all(|word| word.contains(':'));
    exact && stamp::is_time(from) && stamp::leading_time(to).is_some_and(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_cues_what_is_said_is_left() {
        for cues in [
            "WEBVTT\n\n1\n00:00:10.000 --> 00:00:14.000\nI moved the\n\n2\n00:00:14.000 --> 00:00:16.000 align:start\ndate by a week.",
            "1\n00:00:10,000 --> 00:00:14,000\nI moved the\n\n2\n00:00:14,000 --> 00:00:16,000\ndate by a week.",
        ] {
            let lines: Vec<&str> = cues.lines().collect();
            let left: Vec<Part> = parts(&lines).into_iter().filter(|part| *part != Part::Gone).collect();
            assert_eq!(left, [Part::Cue(0..11), Part::Cue(0..15)], "{cues}");
        }
        let video = ["0:00", "I moved the", "0:05", "date by a week.", "0:10", "It held."];
        let parts = parts(&video);
        assert_eq!(parts[1..4], [Part::Whole, Part::Gone, Part::Cue(0..15)]);
        assert_eq!(parts[4..], [Part::Gone, Part::Whole]);
    }

    #[test]
    fn what_has_few_times_is_no_caption() {
        for text in [
            "It broke.\n10:03\nI looked.\n10:05\nIt held.",
            "a --> b\nIt held.",
            "10:03 --> 10:20 I rolled the release back with Linh.\n10:20 --> 10:40 I called the client.",
            "10:00 --> 10:20\n\nI rolled it back\n\nFailures stopped",
            "NOTE that nobody owned it.\nLanguage: the client spoke none of ours.",
            "Linh\n10:01\nIt\nLinh\n10:02\nis\nLinh\n10:03\nmine",
        ] {
            let lines: Vec<&str> = text.lines().collect();
            assert!(parts(&lines).iter().all(|part| *part == Part::Whole), "{text}");
        }
    }
}
