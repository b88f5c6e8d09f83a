//! Attention on the CPU, by the kernel: of a few tokens with the keys and values as they are kept, each read once, which is
//! what writing a text waits for; of many in products of whole numbers.

use std::ops::{Deref, Range};

use candle_core::{CpuStorage, Device, Layout, Storage, Tensor};
use half::f16;
use rayon::prelude::*;

use super::DecoderError;
use super::layer::Attended;
use super::mask::Block;
use crate::model::kernel::{Few, Kept, Many, Pack, Packed, Pairs, Processor, Room, TOGETHER};

/// Tokens of a text that are few: to quantize all that they see takes longer than to read it for each.
const FEW: usize = 8;

/// Whether attention in a text is better done by [`few`].
pub(super) fn is_few(part: &Attended<'_>) -> bool {
    part.text.is_causal() && part.text.rows.len() <= FEW && part.q.device().is_cpu()
}

/// Attention in texts of few tokens, on the CPU; gives `[tokens, heads · head]`, one text after the other.
pub(super) fn few(kv_heads: usize, parts: &[&Attended<'_>]) -> Result<Tensor, DecoderError> {
    let guards: Vec<_> = parts.iter().map(|part| guarded(part)).collect();
    if parts.iter().all(|part| part.text.cache.is_compact()) {
        each_few(&texts::<f16>(&guards, kv_heads)?)
    } else {
        each_few(&texts::<f32>(&guards, kv_heads)?)
    }
}

/// Attention in a text of many tokens; gives `[tokens, heads · head]`. None where it is better done by matmuls: on other devices,
/// and where keys and values are kept in f32.
pub(super) fn many(kv_heads: usize, part: &Attended<'_>) -> Result<Option<Tensor>, DecoderError> {
    if !part.q.device().is_cpu() || !part.text.cache.is_compact() {
        return Ok(None);
    }
    let guards = guarded(part);
    let new = guards.last_chunk().ok_or_else(unlike)?;
    text::<f16>(&guards, kv_heads)?.many(part.text, &rows(new)?).map(Some)
}

/// The storage of a tensor.
type Guard<'a, S> = (S, &'a Layout);

/// The storage of what a text attends to: its queries; the keys and the values of each part that is kept; those that are new.
fn guarded<'a>(part: &'a Attended<'_>) -> Vec<Guard<'a, impl Deref<Target = Storage> + use<'a>>> {
    let pairs = part.kept.iter().chain([&part.new]).flat_map(|(keys, values)| [keys, values]);
    std::iter::once(&part.q).chain(pairs).map(Tensor::storage_and_layout).collect()
}

fn texts<'a, T: Stored>(
    guards: &'a [Vec<Guard<'_, impl Deref<Target = Storage>>>],
    kv_heads: usize,
) -> Result<Vec<Text<'a, T>>, DecoderError> {
    guards.iter().map(|guards| text(guards, kv_heads)).collect()
}

fn text<'a, T: Stored>(
    guards: &'a [Guard<'_, impl Deref<Target = Storage>>],
    kv_heads: usize,
) -> Result<Text<'a, T>, DecoderError> {
    let [(storage, layout), kept @ .., _, _] = guards else { return Err(unlike()) };
    let ([heads, tokens, head], apart) = heads_of(layout)?;
    let kept = kept.as_chunks().0.iter().map(rows).collect::<Result<_, _>>()?;
    Ok(Text { queries: numbers(storage, layout)?, apart, heads, tokens, head, kv_heads, kept })
}

fn rows<'a, T: Stored>(
    [(keys, layout), (values, other)]: &'a [Guard<'_, impl Deref<Target = Storage>>; 2],
) -> Result<Rows<'a, T>, DecoderError> {
    let ([_, tokens, head], apart) = heads_of(layout)?;
    if layout.stride() != other.stride() {
        return Err(unlike());
    }
    Ok(Rows { keys: numbers(keys, layout)?, values: numbers(values, other)?, apart, tokens, head })
}

/// The shape `[heads, tokens, head]` of what is laid out head by head, and what lies between one head and the next.
fn heads_of(layout: &Layout) -> Result<([usize; 3], usize), DecoderError> {
    match (layout.dims(), layout.stride()) {
        (&[heads, tokens, head], &[apart, row, 1]) if row == head => Ok(([heads, tokens, head], apart)),
        _ => Err(unlike()),
    }
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

/// Scaled queries of a text, `[heads, tokens, head]` with this between one head and the next, and what is kept of it.
struct Text<'a, T> {
    queries: &'a [f32],
    apart: usize,
    heads: usize,
    tokens: usize,
    head: usize,
    kv_heads: usize,
    kept: Vec<Rows<'a, T>>,
}

/// Each token sees all that is kept of its text but what comes after it.
fn each_few<T: Kept>(texts: &[Text<'_, T>]) -> Result<Tensor, DecoderError> {
    let &Text { heads, head, kv_heads, .. } = texts.first().ok_or_else(unlike)?;
    let (tokens, width) = (texts.iter().map(|t| t.tokens).sum::<usize>(), heads / kv_heads * head);
    let mut mixed = vec![0.0; tokens * heads * head];
    // texts that share keys and values read them one after the other, while they are in a cache
    mixed.par_chunks_mut(tokens * width).enumerate().for_each(|(kv, mixed)| {
        let each = texts.iter().flat_map(|text| (0..text.tokens).map(move |token| (text, token)));
        each.zip(mixed.chunks_exact_mut(width)).for_each(|((text, token), out)| text.few(kv, token, out));
    });
    Ok(Tensor::from_vec(mixed, (kv_heads, tokens, width), &Device::Cpu)?
        .transpose(0, 1)?
        .reshape((tokens, heads * head))?)
}

impl<'a, T: Kept> Text<'a, T> {
    /// Heads that share keys and values.
    fn group(&self) -> usize {
        self.heads / self.kv_heads
    }

    fn row(&self, head: usize, token: usize) -> &'a [f32] {
        &self.queries[head * self.apart + token * self.head..][..self.head]
    }

    /// Attention of a token's queries that share these keys and values.
    fn few(&self, kv: usize, token: usize, out: &mut [f32]) {
        let group = self.group();
        let queries = gathered((0..group).map(|g| self.row(kv * group + g, token)), self.head);
        let mut left = self.kept.iter().map(|r| r.tokens).sum::<usize>() + token + 1 - self.tokens;
        let seen = self.kept.iter().map(|rows| {
            let tokens = rows.tokens.min(left);
            left -= tokens;
            rows.pairs(kv, 0..tokens)
        });
        let seen: Vec<Pairs<'_, T>> = seen.collect();
        Processor::best().run(Few { queries: &queries, head: self.head, seen: &seen, out });
    }

    /// By its blocks.
    fn many(&self, text: &super::layer::Text<'_>, new: &Rows<'_, f32>) -> Result<Tensor, DecoderError> {
        let packed: Vec<Vec<Packed>> = (0..self.kv_heads)
            .into_par_iter()
            .map(|kv| self.kept.iter().map(|rows| pack(rows.pairs(kv, 0..rows.tokens), self.head)).collect())
            .collect();
        let mut out = Vec::with_capacity(self.tokens * self.heads * self.head);
        for block in &text.blocks {
            let bias = match &block.bias {
                Some(bias) => bias.to_vec2::<f32>()?,
                None => vec![Vec::new(); block.rows.len()],
            };
            // in a causal pass the new tokens are kept already, those after the block too
            let (own, hidden) = if text.is_causal() {
                (Vec::new(), self.tokens - block.rows.end)
            } else {
                ((0..self.kv_heads).into_par_iter().map(|kv| self.own(block, kv, new)).collect(), 0)
            };
            let seen = packed.iter().enumerate().map(|(kv, packed)| {
                let mut seen: Vec<_> = packed.iter().zip(&self.kept).map(|(p, r)| (p, r.tokens)).collect();
                if let Some(last) = seen.last_mut() {
                    last.1 -= hidden;
                }
                seen.extend(own.get(kv).map(|own: &Packed| (own, block.sees.iter().map(Range::len).sum())));
                seen
            });
            let seen: Vec<Vec<(&Packed, usize)>> = seen.collect();
            self.block(block, &seen, &bias, &mut out);
        }
        Ok(Tensor::from_vec(out, (self.tokens, self.heads * self.head), &Device::Cpu)?)
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
