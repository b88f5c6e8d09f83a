//! Attention on the CPU, by the kernel: of a few tokens with the keys and values as they are kept, each read once, which is
//! what writing a text waits for; of many in products of whole numbers.

use std::ops::{Deref, Range};

use candle_core::{CpuStorage, Device, Layout, Storage, Tensor};
use half::f16;
use rayon::prelude::*;

use super::DecoderError;
use super::cache::Pair;
use super::layer::Pass;
use super::mask::{Block, Mask};
use crate::model::kernel::{Few, Kept, Many, Pack, Packed, Pairs, Processor, Room, TOGETHER};

/// Tokens of a causal pass that are few: to quantize all that they see takes longer than to read it for each.
const FEW: usize = 8;

/// Attention of the scaled queries `[heads, tokens, head]` of a pass over what is kept, in a causal pass its tokens too, and
/// over the new keys and values; gives `[tokens, heads · head]`. None where it is better done by matmuls: on other devices,
/// and for many tokens where keys and values are kept in f32.
pub(super) fn attend(
    pass: &Pass<'_>,
    q: &Tensor,
    kept: &[Pair],
    new: &Pair,
) -> Result<Option<Tensor>, DecoderError> {
    let (heads, tokens, head) = q.dims3()?;
    let few = *pass.mask == Mask::Causal && tokens <= FEW;
    if !q.device().is_cpu() || !few && !pass.cache.is_compact() {
        return Ok(None);
    }
    let guards: Vec<_> = kept.iter().chain([new]).map(guard).collect();
    let (new, kept) = guards.split_last().ok_or_else(unlike)?;
    let (storage, layout) = q.storage_and_layout();
    let numbers = numbers::<f32>(&storage, layout)?;
    let queries = Queries { numbers, heads, tokens, head, kv_heads: pass.config.kv_heads };
    let out = match (few, pass.cache.is_compact()) {
        (true, true) => queries.few(&rows::<f16>(kept)?),
        (true, false) => queries.few(&rows::<f32>(kept)?),
        (false, _) => queries.many(pass, &rows::<f16>(kept)?, &new.rows::<f32>()?)?,
    };
    Ok(Some(Tensor::from_vec(out, (tokens, heads * head), &Device::Cpu)?))
}

/// The storage of keys and of values.
struct Guard<'a, S>([(S, &'a Layout); 2]);

fn guard((keys, values): &Pair) -> Guard<'_, impl Deref<Target = Storage>> {
    Guard([keys.storage_and_layout(), values.storage_and_layout()])
}

impl<S: Deref<Target = Storage>> Guard<'_, S> {
    fn rows<T: Stored>(&self) -> Result<Rows<'_, T>, DecoderError> {
        let [(keys, layout), (values, other)] = &self.0;
        let (&[_, tokens, head], &[apart, row, 1]) = (layout.dims(), layout.stride()) else {
            return Err(unlike());
        };
        if row != head || layout.stride() != other.stride() {
            return Err(unlike());
        }
        Ok(Rows { keys: numbers(keys, layout)?, values: numbers(values, other)?, apart, tokens, head })
    }
}

fn rows<'a, T: Stored>(
    guards: &'a [Guard<'_, impl Deref<Target = Storage>>],
) -> Result<Vec<Rows<'a, T>>, DecoderError> {
    guards.iter().map(|g| g.rows()).collect()
}

/// A type of candle's in which keys and values are kept.
trait Stored: Kept {
    fn of(storage: &CpuStorage) -> Option<&[Self]>;
}

impl Stored for f32 {
    fn of(storage: &CpuStorage) -> Option<&[f32]> {
        if let CpuStorage::F32(numbers) = storage { Some(numbers) } else { None }
    }
}

impl Stored for f16 {
    fn of(storage: &CpuStorage) -> Option<&[f16]> {
        if let CpuStorage::F16(numbers) = storage { Some(numbers) } else { None }
    }
}

/// The numbers of a tensor from its first on.
fn numbers<'a, T: Stored>(storage: &'a Storage, layout: &Layout) -> Result<&'a [T], DecoderError> {
    let Storage::Cpu(storage) = storage else { return Err(unlike()) };
    Ok(&T::of(storage).ok_or_else(unlike)?[layout.start_offset()..])
}

fn unlike() -> DecoderError {
    DecoderError::Input("a cache is not laid out as it should be".to_owned())
}

/// Keys and values `[kv heads, tokens, head]`, with this between one head and the next.
struct Rows<'a, T> {
    keys: &'a [T],
    values: &'a [T],
    apart: usize,
    tokens: usize,
    head: usize,
}

impl<'a, T> Rows<'a, T> {
    /// Some tokens in head `i`.
    fn pairs(&self, i: usize, tokens: Range<usize>) -> Pairs<'a, T> {
        let part = |all: &'a [T]| &all[i * self.apart..][tokens.start * self.head..tokens.end * self.head];
        Pairs { keys: part(self.keys), values: part(self.values) }
    }
}

/// Queries, `[heads, tokens, head]`.
struct Queries<'a> {
    numbers: &'a [f32],
    heads: usize,
    tokens: usize,
    head: usize,
    kv_heads: usize,
}

impl<'a> Queries<'a> {
    /// Heads that share keys and values.
    fn group(&self) -> usize {
        self.heads / self.kv_heads
    }

    fn row(&self, head: usize, token: usize) -> &'a [f32] {
        &self.numbers[(head * self.tokens + token) * self.head..][..self.head]
    }

    /// Each token sees all that is kept but those after it.
    fn few<T: Kept>(&self, kept: &[Rows<'_, T>]) -> Vec<f32> {
        let (head, group, processor) = (self.head, self.group(), Processor::best());
        let all: usize = kept.iter().map(|r| r.tokens).sum();
        let mut out = vec![0.0; self.tokens * self.heads * head];
        out.par_chunks_mut(group * head).enumerate().for_each(|(i, out)| {
            let (token, kv) = (i / self.kv_heads, i % self.kv_heads);
            let queries = gathered((0..group).map(|g| self.row(kv * group + g, token)), head);
            let mut left = all + token + 1 - self.tokens;
            let seen = kept.iter().map(|rows| {
                let tokens = rows.tokens.min(left);
                left -= tokens;
                rows.pairs(kv, 0..tokens)
            });
            let seen: Vec<Pairs<'_, T>> = seen.collect();
            processor.run(Few { queries: &queries, head, seen: &seen, out });
        });
        out
    }

    /// By the blocks of a pass.
    fn many<T: Kept>(
        &self,
        pass: &Pass<'_>,
        kept: &[Rows<'_, T>],
        new: &Rows<'_, f32>,
    ) -> Result<Vec<f32>, DecoderError> {
        let packed: Vec<Vec<Packed>> = (0..self.kv_heads)
            .into_par_iter()
            .map(|kv| kept.iter().map(|rows| pack(rows.pairs(kv, 0..rows.tokens), self.head)).collect())
            .collect();
        let mut out = Vec::with_capacity(self.tokens * self.heads * self.head);
        for block in &pass.blocks {
            let bias = match &block.bias {
                Some(bias) => bias.to_vec2::<f32>()?,
                None => vec![Vec::new(); block.rows.len()],
            };
            // in a causal pass the new tokens are kept already, those after the block too
            let (own, hidden) = match pass.mask {
                Mask::Causal => (Vec::new(), self.tokens - block.rows.end),
                Mask::Tree(_) => {
                    ((0..self.kv_heads).into_par_iter().map(|kv| self.own(block, kv, new)).collect(), 0)
                }
            };
            let seen = packed.iter().enumerate().map(|(kv, packed)| {
                let mut seen: Vec<_> = packed.iter().zip(kept).map(|(p, r)| (p, r.tokens)).collect();
                if let Some(last) = seen.last_mut() {
                    last.1 -= hidden;
                }
                seen.extend(own.get(kv).map(|own: &Packed| (own, block.sees.iter().map(Range::len).sum())));
                seen
            });
            let seen: Vec<Vec<(&Packed, usize)>> = seen.collect();
            self.block(block, &seen, &bias, &mut out);
        }
        Ok(out)
    }

    /// The new tokens that a block of a tree sees.
    fn own(&self, block: &Block, kv: usize, new: &Rows<'_, f32>) -> Packed {
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        for tokens in &block.sees {
            let pairs = new.pairs(kv, tokens.clone());
            keys.extend_from_slice(pairs.keys);
            values.extend_from_slice(pairs.values);
        }
        pack(Pairs { keys: &keys, values: &values }, self.head)
    }

    /// Appends the tokens of a block.
    fn block(&self, block: &Block, seen: &[Vec<(&Packed, usize)>], bias: &[Vec<f32>], out: &mut Vec<f32>) {
        let (head, group, processor) = (self.head, self.group(), Processor::best());
        let tokens = block.rows.len();
        // the queries that share keys, head by head
        let mut mixed = vec![0.0; self.heads * tokens * head];
        mixed.par_chunks_mut(group * tokens * head).zip(seen).enumerate().for_each(|(kv, (mixed, seen))| {
            let some = mixed.par_chunks_mut(TOGETHER * head).enumerate();
            some.for_each_init(Room::default, |room, (i, out)| {
                let rows = i * TOGETHER..i * TOGETHER + out.len() / head;
                let query = |r: usize| self.row(kv * group + r / tokens, block.rows.start + r % tokens);
                let queries = gathered(rows.clone().map(query), head);
                let bias: Vec<&[f32]> = rows.map(|r| bias[r % tokens].as_slice()).collect();
                processor.run(Many { queries: &queries, head, seen, bias: &bias, room, out });
            });
        });
        let from = out.len();
        out.resize(from + mixed.len(), 0.0);
        out[from..].par_chunks_mut(self.heads * head).enumerate().for_each(|(t, out)| {
            for (h, out) in out.chunks_exact_mut(head).enumerate() {
                out.copy_from_slice(&mixed[(h * tokens + t) * head..][..head]);
            }
        });
    }
}

/// Rows one after the other; a whole row is copied at once.
fn gathered<'a>(rows: impl ExactSizeIterator<Item = &'a [f32]>, width: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(rows.len() * width);
    rows.for_each(|row| out.extend_from_slice(row));
    out
}

fn pack<T: Kept>(pairs: Pairs<'_, T>, head: usize) -> Packed {
    let mut packed = Packed::default();
    Processor::best().run(Pack { head, pairs, to: &mut packed });
    packed
}
