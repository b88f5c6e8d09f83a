//! The transformer's layers on the kernel's operations: hidden states in, hidden states out.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::forward::{HEADS, HIDDEN, INNER};
use super::kernel::{
    Columns, HEAD, Isa, Job, Matrix, PANEL, Processor, Quantized, TILE, Tile, gelu, norm_onto, softmax,
};

/// Queries, keys and values of a token stand next to each other.
const QKV: usize = 3 * HIDDEN;
/// Tokens that a thread takes at least.
const FEW: usize = 16;

/// Factor and term of a norm.
pub(super) struct Norm {
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

/// A layer's weights.
pub(super) struct Layer {
    /// Queries, keys, values.
    pub(super) qkv: Matrix,
    pub(super) mixed: Matrix,
    pub(super) after_mixing: Norm,
    pub(super) up: Matrix,
    pub(super) down: Matrix,
    pub(super) after_all: Norm,
}

/// All layers, and the room in which they work.
pub(super) struct Layers {
    layers: Vec<Layer>,
    processor: Processor,
    /// One for each answer that is read at the same time; kept, since new memory costs more than the arithmetic on it.
    rooms: Mutex<Vec<Room>>,
}

/// Room for the numbers of one window.
#[derive(Default)]
struct Room {
    tokens: usize,
    /// Rows that a thread takes.
    each: usize,
    qkv: Vec<f32>,
    groups: Vec<Group>,
    parts: Vec<Part>,
}

/// Keys and values of [`PANEL`] tokens, in the order in which attention reads them.
struct Group {
    /// Head by head, the first number of every key, then the second ones.
    keys: [[Columns; HEAD]; HEADS],
    /// Head by head, token by token.
    values: [[[f32; HEAD]; PANEL]; HEADS],
}

/// Room for the tokens of one thread.
#[derive(Default)]
struct Part {
    quantized: Quantized,
    /// How much each token of a tile minds each other one.
    minds: Vec<f32>,
    mixed: Vec<f32>,
    inner: Vec<f32>,
    outer: Vec<f32>,
}

impl Norm {
    fn both(&self) -> (&[f32], &[f32]) {
        (&self.weight, &self.bias)
    }
}

impl Layers {
    pub(super) fn new(layers: Vec<Layer>, processor: Processor) -> Layers {
        Layers { layers, processor, rooms: Mutex::default() }
    }

    /// The hidden states `[tokens × HIDDEN]` after all layers, in the place of those before them, which `first` norms.
    ///
    /// The number of threads changes no byte: each token's states are computed by themselves.
    pub(super) fn forward(&self, states: &mut Vec<f32>, first: &Norm) {
        let tokens = states.len() / HIDDEN;
        let rows = tokens.next_multiple_of(TILE);
        states.resize(rows * HIDDEN, 0.0);
        let mut room = self.rooms.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        let threads = rayon::current_num_threads().clamp(1, rows.div_ceil(FEW));
        room.tokens = tokens;
        room.each = rows.div_ceil(threads).next_multiple_of(TILE);
        room.parts.resize_with(rows.div_ceil(room.each).max(room.parts.len()), Part::default);
        room.qkv.resize(rows * QKV, 0.0);
        room.groups.resize_with(tokens.div_ceil(PANEL), Group::default);
        self.processor.run(First { states, norm: first });
        for layer in &self.layers {
            self.layer(layer, states, &mut room);
        }
        states.truncate(tokens * HIDDEN);
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner).push(room);
    }

    fn layer(&self, layer: &Layer, states: &mut [f32], room: &mut Room) {
        let Room { tokens, each, qkv, groups, parts } = room;
        let (tokens, each) = (*tokens, *each);
        let own = states.par_chunks(each * HIDDEN).zip(qkv.par_chunks_mut(each * QKV)).zip(&mut *parts);
        own.for_each(|((states, qkv), part)| {
            self.processor.run(Ask { matrix: &layer.qkv, states, qkv, quantized: &mut part.quantized });
        });
        let qkv = &qkv[..tokens * QKV];
        groups.par_iter_mut().zip(qkv.par_chunks(PANEL * QKV)).for_each(|(group, qkv)| group.fill(qkv));
        let own = states.par_chunks_mut(each * HIDDEN).enumerate().zip(parts);
        own.for_each(|((i, states), part)| {
            let answer = Answer { layer, tokens, from: i * each, qkv, groups, states, part };
            self.processor.run(answer);
        });
    }
}

impl Default for Group {
    fn default() -> Group {
        Group { keys: [[Columns::default(); HEAD]; HEADS], values: [[[0.0; HEAD]; PANEL]; HEADS] }
    }
}

impl Group {
    /// Takes the keys and values of its tokens.
    fn fill(&mut self, qkv: &[f32]) {
        for (t, row) in qkv.chunks(QKV).enumerate() {
            let (keys, values) = row[HIDDEN..].split_at(HIDDEN);
            for (head, key) in self.keys.iter_mut().zip(keys.chunks(HEAD)) {
                for (columns, number) in head.iter_mut().zip(key) {
                    columns.set(t, *number);
                }
            }
            for (head, value) in self.values.iter_mut().zip(values.as_chunks::<HEAD>().0) {
                head[t] = *value;
            }
        }
    }
}

/// Norms the states that the first layer gets.
struct First<'a> {
    states: &'a mut [f32],
    norm: &'a Norm,
}

impl Job for First<'_> {
    #[inline(always)]
    fn run<I: Isa>(self, _: I) {
        const NOTHING: [f32; HIDDEN] = [0.0; HIDDEN];
        for row in self.states.chunks_exact_mut(HIDDEN) {
            norm_onto(row, &NOTHING, self.norm.both());
        }
    }
}

/// Computes queries, keys and values of some tokens.
struct Ask<'a> {
    matrix: &'a Matrix,
    states: &'a [f32],
    qkv: &'a mut [f32],
    quantized: &'a mut Quantized,
}

impl Job for Ask<'_> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        self.quantized.fill(isa, self.states, HIDDEN);
        self.matrix.multiply(isa, self.quantized, self.qkv);
    }
}

/// Computes the rest of a layer for some tokens.
struct Answer<'a> {
    layer: &'a Layer,
    /// Of the whole window.
    tokens: usize,
    /// The first of these.
    from: usize,
    /// Of the whole window.
    qkv: &'a [f32],
    groups: &'a [Group],
    states: &'a mut [f32],
    part: &'a mut Part,
}

impl Job for Answer<'_> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let Answer { layer, states, part, .. } = self;
        let rows = states.len() / HIDDEN;
        part.mixed.resize(rows * HIDDEN, 0.0);
        part.inner.resize(rows * INNER, 0.0);
        part.outer.resize(rows * HIDDEN, 0.0);
        attend(isa, (self.qkv, self.groups), self.tokens, self.from, (&mut part.minds, &mut part.mixed));
        part.quantized.fill(isa, &part.mixed, HIDDEN);
        layer.mixed.multiply(isa, &part.quantized, &mut part.outer);
        norm_onto(states, &part.outer, layer.after_mixing.both());
        part.quantized.fill(isa, states, HIDDEN);
        layer.up.multiply(isa, &part.quantized, &mut part.inner);
        gelu(&mut part.inner);
        part.quantized.fill(isa, &part.inner, INNER);
        layer.down.multiply(isa, &part.quantized, &mut part.outer);
        norm_onto(states, &part.outer, layer.after_all.both());
    }
}

/// Attention of the tokens from `from` on, as many as `out` has room for: each head's values of all tokens, mixed by how
/// much its query is like their keys.
#[inline(always)]
fn attend<I: Isa>(
    isa: I,
    (qkv, groups): (&[f32], &[Group]),
    tokens: usize,
    from: usize,
    (minds, out): (&mut Vec<f32>, &mut [f32]),
) {
    let width = groups.len() * PANEL;
    let scale = 1.0 / (HEAD as f32).sqrt();
    minds.resize(TILE * width, 0.0);
    for (tile, out) in out.chunks_mut(TILE * HIDDEN).enumerate() {
        // Rows beyond the last token are computed from its numbers, and cut off in the end.
        let row = |r: usize| (from + tile * TILE + r).min(tokens - 1) * QKV;
        for head in 0..HEADS {
            let queries: [&[f32]; TILE] = std::array::from_fn(|r| &qkv[row(r) + head * HEAD..][..HEAD]);
            for (i, group) in groups.iter().enumerate() {
                let mut alike: Tile = [[0.0; PANEL]; TILE];
                isa.outer(queries, &group.keys[head], &mut alike);
                for (minds, alike) in minds.chunks_mut(width).zip(&alike) {
                    minds[i * PANEL..][..PANEL].copy_from_slice(alike);
                }
            }
            let mut by = [0.0; TILE];
            for (by, minds) in by.iter_mut().zip(minds.chunks_mut(width)) {
                *by = softmax(&mut minds[..tokens], scale);
            }
            let mut mixed = [[0.0; HEAD]; TILE];
            for (i, group) in groups.iter().enumerate() {
                let some = PANEL.min(tokens - i * PANEL);
                let minds = std::array::from_fn(|r| &minds[r * width + i * PANEL..][..some]);
                isa.mix(minds, &group.values[head][..some], &mut mixed);
            }
            for ((out, mixed), by) in out.chunks_mut(HIDDEN).zip(&mixed).zip(by) {
                for (o, m) in out[head * HEAD..][..HEAD].iter_mut().zip(mixed) {
                    *o = m * by;
                }
            }
        }
    }
}
