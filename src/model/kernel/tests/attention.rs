//! Attention against plain arithmetic in f64.

use super::*;

/// Softmax attention of queries over what each of them sees, in f64; `[queries × head]`.
pub(super) fn plain_attention(queries: &[f32], head: usize, seen: &[(Vec<f32>, Vec<f32>)]) -> Vec<f64> {
    let one = |(query, (keys, values)): (&[f32], &(Vec<f32>, Vec<f32>))| {
        let score = |key: &[f32]| query.iter().zip(key).map(|(a, b)| f64::from(a * b)).sum::<f64>();
        let shares: Vec<f64> = keys.chunks_exact(head).map(|key| score(key).exp()).collect();
        let sum: f64 = shares.iter().sum();
        let rows = || shares.iter().zip(values.chunks_exact(head));
        (0..head).map(|d| rows().map(|(s, v)| s * f64::from(v[d])).sum::<f64>() / sum).collect::<Vec<f64>>()
    };
    queries.chunks_exact(head).zip(seen).flat_map(one).collect()
}

/// Keys and values of parts of so many tokens.
fn pairs(seed: u64, tokens: &[usize], head: usize) -> Vec<(Vec<f32>, Vec<f32>)> {
    let pair = |(n, seed): (&usize, u64)| (numbers(seed * 7 + 1, n * head), numbers(seed * 7 + 2, n * head));
    tokens.iter().zip(seed..).map(pair).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_few_queries_attend(
        seed in 0u64..1000, head in 1usize..150, queries in 1usize..6,
        tokens in proptest::collection::vec(1usize..40, 1..4), half in any::<bool>(),
    ) {
        let q = numbers(seed, queries * head);
        let kept = pairs(seed, &tokens, head);
        let y = on_all(|kind| {
            let mut out = vec![0.0; queries * head];
            if half {
                let to = |x: &Vec<f32>| x.iter().map(|x| half::f16::from_f32(*x)).collect::<Vec<_>>();
                let kept: Vec<_> = kept.iter().map(|(k, v)| (to(k), to(v))).collect();
                let seen: Vec<_> = kept.iter().map(|(keys, values)| Pairs { keys, values }).collect();
                kind.run(Few { queries: &q, head, seen: &seen, out: &mut out });
            } else {
                let seen: Vec<_> = kept.iter().map(|(keys, values)| Pairs { keys, values }).collect();
                kind.run(Few { queries: &q, head, seen: &seen, out: &mut out });
            }
            out
        });
        let all = kept.into_iter().reduce(|(a, b), (k, v)| ([a, k].concat(), [b, v].concat())).unwrap();
        let exact = plain_attention(&q, head, &vec![all; queries]);
        // an f16 is off by 2⁻¹² of itself, and a score of 150 products by a hundred times that at the very most
        let within = if half { 2e-2 } else { 1e-4 };
        for (y, exact) in y.iter().zip(exact) {
            prop_assert!((f64::from(*y) - exact).abs() < within, "{y} for {exact}");
        }
    }

    #[test]
    fn many_queries_attend(
        seed in 0u64..1000, head in 1usize..150, queries in 1usize..=TOGETHER,
        tokens in proptest::collection::vec(1usize..80, 1..4), hidden in 0usize..60, masked in any::<bool>(),
    ) {
        let q: Vec<f32> = numbers(seed, queries * head).iter().map(|x| x / (head as f32).sqrt()).collect();
        let kept = pairs(seed, &tokens, head);
        // the last part is seen in part, and the last of that by some queries only
        let last = *tokens.last().unwrap();
        let open = last - hidden.min(last - 1);
        let width = if masked { open } else { 0 };
        let sees = |q: usize, t: usize| t == 0 || !(q + t).is_multiple_of(3);
        let bias: Vec<Vec<f32>> = (0..queries)
            .map(|q| (0..width).map(|t| if sees(q, t) { 0.0 } else { f32::NEG_INFINITY }).collect())
            .collect();
        let bias: Vec<&[f32]> = bias.iter().map(Vec::as_slice).collect();
        let y = on_all(|kind| {
            let pack = |(keys, values): &(Vec<f32>, Vec<f32>)| {
                let mut packed = Packed::default();
                kind.run(Pack { head, pairs: Pairs { keys, values }, to: &mut packed });
                packed
            };
            let packed: Vec<Packed> = kept.iter().map(pack).collect();
            let mut seen: Vec<(&Packed, usize)> = packed.iter().zip(tokens.iter().copied()).collect();
            seen.last_mut().unwrap().1 = open;
            let mut out = vec![0.0; queries * head];
            let room = &mut Room::default();
            kind.run(Many { queries: &q, head, seen: &seen, bias: &bias, room, out: &mut out });
            out
        });
        let visible = |q: usize| {
            let (mut keys, mut values) = (Vec::new(), Vec::new());
            for (i, (k, v)) in kept.iter().enumerate() {
                for (t, (k, v)) in k.chunks_exact(head).zip(v.chunks_exact(head)).enumerate() {
                    let in_last = i + 1 == kept.len();
                    if !in_last || t < open && (width == 0 || sees(q, t)) {
                        keys.extend_from_slice(k);
                        values.extend_from_slice(v);
                    }
                }
            }
            (keys, values)
        };
        let exact = plain_attention(&q, head, &(0..queries).map(visible).collect::<Vec<_>>());
        // of values up to 1: half a step of a value is 1/254, the rest comes from the scores
        for (y, exact) in y.iter().zip(exact) {
            prop_assert!((f64::from(*y) - exact).abs() < 8e-3, "{y} for {exact}");
        }
    }
}
