//! An encoder's attention against plain arithmetic in f64.

use super::attention::plain_attention;
use super::*;

/// Numbers of a row: the query in front, then a few of no matter, the key, a few more, the value.
const APART: usize = 3 * BLOCK + 14;
const KEY: usize = BLOCK + 5;
const VALUE: usize = 2 * BLOCK + 11;

struct Attend<'a>(&'a Head, &'a [f32], usize, &'a mut [f32]);

impl Job for Attend<'_> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let Attend(head, rows, apart, out) = self;
        let last = rows.len() / APART - 1;
        let query = |r: usize| &rows[r.min(last) * APART..][..BLOCK];
        let mut desk = Desk::default();
        // what was there before leaves nothing
        for _ in 0..2 {
            head.attend(isa, query, &mut desk, (out, apart));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_token_of_a_head_attends(
        seed in 0u64..1000, tokens in 1usize..150, before in 1usize..150, more in 0usize..9, sharp in 1u8..5,
    ) {
        let mut rows = numbers(seed, tokens * APART);
        rows.chunks_exact_mut(APART).flat_map(|row| &mut row[..BLOCK]).for_each(|x| *x *= f32::from(sharp));
        let (tall, apart) = (tokens.next_multiple_of(TILE), BLOCK + more);
        let y = on_all(|kind| {
            let mut head = Head::default();
            // what was there before leaves nothing
            for rows in [&numbers(seed + 1, before * APART), &rows] {
                kind.run(Fill { rows, apart: APART, key: KEY, value: VALUE, to: &mut head });
            }
            let mut out = vec![9.0; tall * apart];
            kind.run(Attend(&head, &rows, apart, &mut out));
            out
        });
        let part = |from: usize| -> Vec<f32> {
            rows.chunks_exact(APART).flat_map(|row| row[from..][..BLOCK].iter().copied()).collect()
        };
        let queries: Vec<f32> = part(0).iter().map(|x| x / (BLOCK as f32).sqrt()).collect();
        let exact = plain_attention(&queries, BLOCK, &vec![(part(KEY), part(VALUE)); tokens]);
        for (y, exact) in y.chunks_exact(apart).zip(exact.chunks_exact(BLOCK)) {
            for (y, exact) in y.iter().zip(exact) {
                // of values up to 1: half a step of a value is 1/254, and so is that of a share; the sharper, the more scores count
                prop_assert!((f64::from(*y) - exact).abs() < 1e-2 * f64::from(sharp), "{y} for {exact}");
            }
            prop_assert!(y[BLOCK..].iter().all(|x| *x == 9.0), "the next head's columns stay");
        }
    }
}
