//! The transformer's layers on the kernel's operations: hidden states in, hidden states out.

use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use super::forward::{HEADS, HIDDEN};
use crate::model::kernel::{
    BLOCK, Bits, Desk, Fill, Head, Isa, Job, Matrix, Processor, Quantized, TILE, norm_onto,
};
use crate::model::workers::awake;

/// Queries, keys and values of a token stand next to each other.
const QKV: usize = 3 * HIDDEN;
/// Width of a head: the kernel knows no other.
const HEAD: usize = HIDDEN / HEADS;
const _: () = assert!(HEAD == BLOCK);
/// Tokens that a thread takes at least.
const FEW: usize = 16;
/// Counts of [`Layers::readers`] where one answer is read: the layers' own and the answer's.
const ALONE: usize = 2;

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
    /// One more for each answer that is being read.
    readers: Arc<()>,
}

/// Room for the numbers of one window.
#[derive(Default)]
struct Room {
    tokens: usize,
    /// Rows that a thread takes.
    each: usize,
    qkv: Vec<f32>,
    heads: [Head; HEADS],
    parts: Vec<Part>,
}

/// Room for the tokens of one thread.
#[derive(Default)]
struct Part {
    quantized: Quantized,
    desk: Desk,
    mixed: Vec<f32>,
    inner: Quantized,
    outer: Vec<f32>,
}

impl Norm {
    fn both(&self) -> (&[f32], &[f32]) {
        (&self.weight, &self.bias)
    }
}

impl Layers {
    pub(super) fn new(layers: Vec<Layer>, processor: Processor) -> Layers {
        Layers { layers, processor, rooms: Mutex::default(), readers: Arc::default() }
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
        let mut pass = || {
            self.processor.run(First { states, norm: first });
            for layer in &self.layers {
                self.layer(layer, states, &mut room);
            }
        };
        let reader = Arc::clone(&self.readers);
        // On a thread of the pool from the first to the last: each change to it costs as much as a product. An answer that is
        // read alone needs the others at every step; where several are read, each thread has its own.
        if threads > 1 && Arc::strong_count(&reader) == ALONE {
            awake(pass);
        } else {
            rayon::scope(|_| pass());
        }
        states.truncate(tokens * HIDDEN);
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner).push(room);
    }

    fn layer(&self, layer: &Layer, states: &mut [f32], room: &mut Room) {
        let Room { tokens, each, qkv, heads, parts } = room;
        let (tokens, each) = (*tokens, *each);
        let own = states.par_chunks(each * HIDDEN).zip(qkv.par_chunks_mut(each * QKV)).zip(&mut *parts);
        own.for_each(|((states, qkv), part)| {
            self.processor.run(Ask { layer, states, qkv, quantized: &mut part.quantized });
        });
        let qkv = &qkv[..tokens * QKV];
        heads.par_iter_mut().enumerate().for_each(|(h, to)| {
            let (key, value) = (HIDDEN + h * HEAD, 2 * HIDDEN + h * HEAD);
            self.processor.run(Fill { rows: qkv, apart: QKV, key, value, to });
        });
        let own = states.par_chunks_mut(each * HIDDEN).enumerate().zip(parts);
        own.for_each(|((i, states), part)| {
            let answer = Answer { layer, tokens, from: i * each, qkv, heads, states, part };
            self.processor.run(answer);
        });
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
    layer: &'a Layer,
    states: &'a [f32],
    qkv: &'a mut [f32],
    quantized: &'a mut Quantized,
}

impl Job for Ask<'_> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        self.quantized.fill(isa, self.states, HIDDEN, Bits::Few);
        self.layer.qkv.multiply(isa, self.quantized, self.qkv);
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
    heads: &'a [Head; HEADS],
    states: &'a mut [f32],
    part: &'a mut Part,
}

impl Job for Answer<'_> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let Answer { layer, states, part, .. } = self;
        let rows = states.len() / HIDDEN;
        part.mixed.resize(rows * HIDDEN, 0.0);
        part.outer.resize(rows * HIDDEN, 0.0);
        for (h, head) in self.heads.iter().enumerate() {
            // Rows beyond the last token are computed from its numbers, and cut off in the end.
            let row = |r: usize| (self.from + r).min(self.tokens - 1) * QKV;
            let query = |r: usize| &self.qkv[row(r) + h * HEAD..][..HEAD];
            head.attend(isa, query, &mut part.desk, (&mut part.mixed[h * HEAD..], HIDDEN));
        }
        part.quantized.fill(isa, &part.mixed, HIDDEN, Bits::Few);
        layer.mixed.multiply(isa, &part.quantized, &mut part.outer);
        norm_onto(states, &part.outer, layer.after_mixing.both());
        part.quantized.fill(isa, states, HIDDEN, Bits::Few);
        layer.up.activate(isa, &part.quantized, &mut part.inner);
        layer.down.multiply(isa, &part.inner, &mut part.outer);
        norm_onto(states, &part.outer, layer.after_all.both());
    }
}
