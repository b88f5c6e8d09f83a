//! However a text is cut into passes, forked, cut back or spread as a tree, the decoder says the same.

use candor::model::decoder::{Onward, Segment, Tree};

use super::*;

/// How far logits may lie apart that differ in the order of sums only.
const NEAR: f32 = 1e-4;

fn last(decoder: &Decoder, hidden: &Hidden) -> Vec<f32> {
    decoder.logits(hidden, hidden.len() - 1..hidden.len()).unwrap().remove(0)
}

#[test]
fn a_text_may_be_cut_anywhere() {
    let text = tokens(300);
    for name in NAMES {
        let decoder = decoder(name, GgmlDType::F32, "cut");
        let want = all(&decoder, &text);
        // a long start, single tokens, several after single ones, blocks of 128 and one more
        for cuts in [vec![1, 299], vec![299, 1], vec![7, 1, 1, 30, 1, 128, 129, 3], vec![128, 128, 44]] {
            let mut cache = decoder.cache();
            let mut at = 0;
            for n in cuts {
                let hidden = go_on(&decoder, &mut cache, &text[at..at + n]);
                let got = decoder.logits(&hidden, 0..n).unwrap();
                let worst = got.iter().zip(&want[at..]).map(|(a, b)| off(a, b)).fold(0.0, f32::max);
                assert!(worst < NEAR, "{name} at {at}, {n} long: off by {worst}");
                at += n;
            }
            assert_eq!(at, text.len());
        }
    }
}

#[test]
fn forks_go_on_by_themselves() {
    let decoder = decoder("qwen3", GgmlDType::F32, "fork");
    let text = tokens(140);
    let alone = |ranges: &[std::ops::Range<usize>]| {
        let joined: Vec<u32> = ranges.iter().flat_map(|r| text[r.clone()].to_vec()).collect();
        all(&decoder, &joined).pop().unwrap()
    };
    let mut trunk = decoder.cache();
    go_on(&decoder, &mut trunk, &text[..50]);
    let mut a = trunk.fork();
    let mut b = trunk.fork();
    let got = [
        (go_on(&decoder, &mut a, &text[60..70]), vec![0..50, 60..70]),
        (go_on(&decoder, &mut trunk, &text[50..60]), vec![0..50, 50..60]),
        (go_on(&decoder, &mut b, &text[70..90]), vec![0..50, 70..90]),
        (go_on(&decoder, &mut a, &text[90..91]), vec![0..50, 60..70, 90..91]),
    ];
    for (hidden, ranges) in got {
        let worst = off(&last(&decoder, &hidden), &alone(&ranges));
        assert!(worst < NEAR, "{ranges:?}: off by {worst}");
    }
    // the trunk is cut back below what the forks share with it, and written over
    trunk.truncate(20);
    let hidden = go_on(&decoder, &mut trunk, &text[100..140]);
    assert!(off(&last(&decoder, &hidden), &alone(&[0..20, 100..140])) < NEAR);
    let hidden = go_on(&decoder, &mut b, &text[91..95]);
    assert!(off(&last(&decoder, &hidden), &alone(&[0..50, 70..90, 91..95])) < NEAR);
    // a fork of a fork of a fork
    let mut line = b;
    let mut ranges = vec![0..50, 70..90, 91..95];
    for i in 0..14 {
        line = line.fork();
        let next = 100 + 2 * i..102 + 2 * i;
        let hidden = go_on(&decoder, &mut line, &text[next.clone()]);
        ranges.push(next);
        let worst = off(&last(&decoder, &hidden), &alone(&ranges));
        assert!(worst < NEAR, "{ranges:?}: off by {worst}");
    }
}

#[test]
fn texts_of_one_pass_are_what_each_is_alone() {
    for (name, kind) in NAMES.map(|n| (n, GgmlDType::F32)).into_iter().chain([("qwen3", GgmlDType::Q4K)]) {
        let decoder = decoder(name, kind, "each");
        let text = tokens(200);
        let mut trunk = decoder.cache();
        go_on(&decoder, &mut trunk, &text[..70]);
        // two of one beginning, one of part of it, one of none
        let starts = [70, 70, 31, 0];
        let begun = |start: usize| {
            let mut cache = trunk.fork();
            cache.truncate(start);
            cache
        };
        let (mut alone, mut together) = (starts.map(begun), starts.map(begun));
        // few of each, many of one, none of some
        for lengths in [[1, 1, 1, 1], [3, 1, 8, 2], [1, 40, 2, 130], [0, 1, 0, 1]] {
            let next: Vec<Vec<u32>> = (0..4).map(|i| text[10 * i..10 * i + lengths[i]].to_vec()).collect();
            let mut texts: Vec<Onward<'_>> = Vec::new();
            for (cache, tokens) in together.iter_mut().zip(&next).filter(|(_, t)| !t.is_empty()) {
                texts.push(Onward { cache, tokens });
            }
            let hidden = decoder.forward_each(&mut texts).unwrap();
            assert_eq!(hidden.len(), texts.len());
            let got = decoder.logits(&hidden, 0..hidden.len()).unwrap();
            let going = alone.iter_mut().zip(&next).filter(|(_, tokens)| !tokens.is_empty());
            for ((cache, tokens), got) in going.zip(got) {
                let worst = off(&got, &last(&decoder, &go_on(&decoder, cache, tokens)));
                assert!(
                    worst < if kind == GgmlDType::F32 { NEAR } else { 1e-3 },
                    "{name} {lengths:?}: {worst}"
                );
            }
            for (a, b) in alone.iter().zip(&together) {
                assert_eq!(a.len(), b.len());
            }
        }
        let mut texts = [Onward { cache: &mut trunk, tokens: &[] }];
        let said = decoder.forward_each(&mut texts).err().unwrap().to_string();
        assert!(said.contains("does not go on"), "{said}");
        assert!(decoder.forward_each(&mut []).err().unwrap().to_string().contains("no tokens"));
        let mut texts = [Onward { cache: &mut trunk, tokens: &[304] }];
        assert!(decoder.forward_each(&mut texts).is_err());
        assert_eq!(trunk.len(), 70, "after an error it is as before");
    }
}

#[test]
fn what_is_cut_off_is_forgotten() {
    let decoder = decoder("llama3", GgmlDType::F32, "truncate");
    let text = tokens(200);
    let want = all(&decoder, &text);
    let mut cache = decoder.cache();
    go_on(&decoder, &mut cache, &text[..90]);
    let mut cache = cache.fork();
    go_on(&decoder, &mut cache, &tokens(17));
    for len in [95, 91, 90, 60, 1, 0] {
        cache.truncate(len + 1000);
        cache.truncate(len);
        assert_eq!(cache.len(), len.min(90 + 17), "{len}");
        assert_eq!(cache.is_empty(), len == 0);
        let mut going = cache.fork();
        if len <= 90 {
            let hidden = go_on(&decoder, &mut going, &text[len..]);
            assert!(off(&last(&decoder, &hidden), &want[199]) < NEAR, "{len}");
        }
    }
    let hidden = go_on(&decoder, &mut cache, &text);
    assert!(off(&last(&decoder, &hidden), &want[199]) < NEAR);
}

#[test]
fn a_tree_says_what_its_branches_say_alone() {
    let under = |tokens, parent| Segment { tokens, parent };
    let mut bushy: Vec<Segment> = (0..40).map(|i| under(1 + i % 9, (i % 4 == 3).then_some(i / 2))).collect();
    bushy.push(under(150, Some(3)));
    bushy.push(under(5, Some(40)));
    let trees = [vec![under(1, None)], vec![under(9, None), under(4, None), under(20, None)], bushy];
    for name in NAMES {
        let decoder = decoder(name, GgmlDType::F32, "tree");
        for (start, segments) in [0, 61].into_iter().flat_map(|s| trees.iter().map(move |t| (s, t))) {
            let tree = Tree::new(segments.clone());
            let text = tokens(start + tree.tokens());
            let mut cache = decoder.cache();
            if start > 0 {
                // in two pieces, so that the tree sees both
                go_on(&decoder, &mut cache, &text[..start / 2]);
                cache = cache.fork();
                go_on(&decoder, &mut cache, &text[start / 2..start]);
            }
            let positions = tree.positions(start as u32);
            let mask = Mask::Tree(tree);
            let hidden = decoder
                .forward(
                    &mut cache,
                    Input {
                        tokens: &text[start..],
                        positions: &positions,
                        mask: &mask,
                        wanted: &every(positions.len()),
                    },
                )
                .unwrap();
            assert_eq!(cache.len(), start, "a tree is not remembered");
            let got = decoder.logits(&hidden, 0..hidden.len()).unwrap();
            let mut lines: Vec<Vec<u32>> = Vec::new();
            let mut at = 0;
            for s in segments {
                let mut line = s.parent.map_or(text[..start].to_vec(), |p| lines[p].clone());
                line.extend(&text[start + at..start + at + s.tokens]);
                let want = all(&decoder, &line);
                let want = &want[line.len() - s.tokens..];
                let worst = want.iter().zip(&got[at..]).map(|(a, b)| off(a, b)).fold(0.0, f32::max);
                assert!(worst < NEAR, "{name} {s:?} at {at}: off by {worst}");
                lines.push(line);
                at += s.tokens;
            }
        }
    }
}

#[test]
fn rows_that_nobody_wants_change_nothing() {
    let text = tokens(61);
    let positions: Vec<u32> = (0..60).collect();
    for kind in [GgmlDType::F32, GgmlDType::Q4K] {
        let decoder = decoder("qwen3", kind, "wanted");
        let (mut cache, mut other) = (decoder.cache(), decoder.cache());
        let whole = decoder.logits(&go_on(&decoder, &mut cache, &text[..60]), 0..60).unwrap();
        let wanted = [59, 3, 3, 20];
        let hidden = decoder
            .forward(
                &mut other,
                Input { tokens: &text[..60], positions: &positions, mask: &Mask::Causal, wanted: &wanted },
            )
            .unwrap();
        assert_eq!(hidden.len(), wanted.len());
        let some = decoder.logits(&hidden, 0..wanted.len()).unwrap();
        assert!(wanted.iter().zip(&some).all(|(&row, got)| off(got, &whole[row]) < NEAR), "{kind:?}");
        let next = [cache, other].map(|mut cache| last(&decoder, &go_on(&decoder, &mut cache, &text[60..])));
        assert!(off(&next[0], &next[1]) < NEAR, "{kind:?}: the cache has all rows");
    }
}

/// Where keys are kept in f16, a few tokens read them so and many in eight bits: what is said differs by no more than the
/// weights' bits make it differ anyway.
#[test]
fn compact_keys_are_read_alike() {
    let text = tokens(300);
    for name in NAMES {
        let decoder = decoder(name, GgmlDType::Q4K, "compact");
        let want = all(&decoder, &text);
        let near = |got: &[Vec<f32>], at: usize, what: &str| {
            let pairs = got.iter().zip(&want[at..]);
            let mean = pairs.map(|(q, p)| divergence(p, q)).sum::<f64>() / got.len() as f64;
            assert!(mean < 3e-3, "{name} {what} at {at}: {mean}");
        };
        let logits = |hidden: &Hidden| decoder.logits(hidden, 0..hidden.len()).unwrap();
        for cuts in [vec![1; 40], vec![299, 1], vec![7, 8, 9, 30, 1, 128, 117], vec![100, 200]] {
            let (mut cache, mut at) = (decoder.cache(), 0);
            for n in cuts {
                near(&logits(&go_on(&decoder, &mut cache, &text[at..at + n])), at, "cut");
                at += n;
            }
        }
        // the text's own end as a branch among others, after two pieces
        let mut cache = decoder.cache();
        go_on(&decoder, &mut cache, &text[..50]);
        let mut cache = cache.fork();
        go_on(&decoder, &mut cache, &text[50..163]);
        let tree = Tree::new(vec![
            Segment { tokens: 60, parent: None },
            Segment { tokens: 100, parent: None },
            Segment { tokens: 5, parent: Some(0) },
            Segment { tokens: 37, parent: Some(1) },
        ]);
        let others = tokens(65);
        let branches = [&others[..60], &text[163..263], &others[60..], &text[263..]].concat();
        let positions = tree.positions(163);
        let hidden = decoder
            .forward(
                &mut cache,
                Input {
                    tokens: &branches,
                    positions: &positions,
                    mask: &Mask::Tree(tree),
                    wanted: &every(branches.len()),
                },
            )
            .unwrap();
        let got = logits(&hidden);
        near(&[&got[60..160], &got[165..]].concat(), 163, "branch");
    }
}

#[test]
fn what_does_not_fit_together_is_an_error() {
    let mut of_another = decoder("qwen3", GgmlDType::F32, "misfit").cache();
    let decoder = decoder("llama", GgmlDType::F32, "misfit");
    let mut cache = decoder.cache();
    let tree = Mask::Tree(Tree::suffixes(&[2, 1]));
    for (tokens, positions, mask, wanted, says) in [
        (&[][..], &[][..], &Mask::Causal, &[0][..], "no tokens"),
        (&[1, 2], &[0], &Mask::Causal, &[0], "2 tokens have 1 positions"),
        (&[1, 304], &[0, 1], &Mask::Causal, &[0], "token 304"),
        (&[1, 2], &[0, 1], &Mask::Causal, &[0, 2], "row 2 is not among 2"),
        (&[1, 2], &[0, 1], &Mask::Causal, &[], "no row"),
        (&[1, 2], &[0, 0], &tree, &[0], "a tree of 3"),
        (&[1], &[4096], &Mask::Causal, &[0], "context of 4096"),
    ] {
        let error =
            decoder.forward(&mut cache, Input { tokens, positions, mask, wanted }).err().unwrap().to_string();
        assert!(error.contains(says), "{error}");
        assert!(cache.is_empty());
    }
    let error = decoder
        .forward(&mut of_another, Input { tokens: &[1], positions: &[0], mask: &Mask::Causal, wanted: &[0] })
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("another model"), "{error}");
    let hidden = go_on(&decoder, &mut cache, &[1, 2]);
    assert!(decoder.logits(&hidden, 1..3).is_err());
    assert!(decoder.logits(&hidden, 0..0).unwrap().is_empty());
}

/// Logits of a prefill, single tokens and a tree, to the byte.
fn bytes(kind: GgmlDType, tag: &str) -> Vec<u8> {
    let decoder = decoder("qwen3", kind, tag);
    let mut cache = decoder.cache();
    let text = tokens(300);
    let mut out = decoder.logits(&go_on(&decoder, &mut cache, &text), 0..300).unwrap();
    for t in [5, 6, 7] {
        out.push(last(&decoder, &go_on(&decoder, &mut cache, &[t])));
    }
    let tree = Tree::suffixes(&[30, 20, 50]);
    let positions = tree.positions(303);
    let hidden = decoder
        .forward(
            &mut cache,
            Input {
                tokens: &text[..100],
                positions: &positions,
                mask: &Mask::Tree(tree),
                wanted: &every(100),
            },
        )
        .unwrap();
    out.extend(decoder.logits(&hidden, 0..100).unwrap());
    out.concat().iter().flat_map(|x| x.to_le_bytes()).collect()
}

const KINDS: [GgmlDType; 4] = [GgmlDType::F32, GgmlDType::Q8_0, GgmlDType::Q6K, GgmlDType::Q4K];

/// The child of the next test: writes the bytes where the environment says.
#[test]
#[ignore = "run by another test, with a number of threads"]
fn bytes_are_written() {
    let Some(path) = std::env::var_os("DECODER_BYTES") else { return };
    let tag = std::path::Path::new(&path).file_name().unwrap().to_str().unwrap();
    std::fs::write(&path, KINDS.map(|kind| bytes(kind, tag)).concat()).unwrap();
}

#[test]
fn threads_change_no_byte() {
    let runs = ["1", "2"].map(|threads| {
        let path = place(&format!("bytes-{threads}"));
        let done = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "passes::bytes_are_written", "--ignored"])
            .env("RAYON_NUM_THREADS", threads)
            .env("CANDLE_NUM_THREADS", threads)
            .env("DECODER_BYTES", &path)
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
        std::fs::read(path).unwrap()
    });
    let each = runs[0].len() / KINDS.len();
    assert!(each > 100 * 4 * VOCABULARY && runs[0].len() == runs[1].len());
    for (kind, (a, b)) in KINDS.iter().zip(runs[0].chunks(each).zip(runs[1].chunks(each))) {
        let same = a.iter().zip(b).filter(|(a, b)| a == b).count();
        assert!(a == b, "{kind:?}: {same} of {} bytes are the same", a.len());
    }
}
