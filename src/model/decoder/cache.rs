//! What a decoder remembers of the tokens that it has read: keys and values, shared between forks.

use std::sync::Arc;

use candle_core::{DType, Tensor};

use super::{DecoderError, ops};

/// Shared pieces that a cache may consist of before they are put together: each costs a matmul a layer and token.
const PIECES: usize = 8;
/// Tokens by which room grows at least.
const ROOM: usize = 64;

/// Keys and values of one layer, `[kv heads, tokens, head]` each.
pub(super) type Pair = (Tensor, Tensor);

/// The keys and values of a text.
///
/// A fork shares what was read before it and costs nothing; each of the two goes on by itself.
pub struct Cache {
    /// What is not written to any more, oldest first.
    pieces: Vec<Piece>,
    /// What this cache alone writes to, at and after `tail_len`; others may read what is before.
    tail: Arc<Vec<Pair>>,
    tail_len: usize,
    shape: Shape,
}

/// The first tokens of a buffer that another cache may share.
#[derive(Clone)]
struct Piece {
    layers: Arc<Vec<Pair>>,
    len: usize,
}

/// What a cache is made for.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) layers: usize,
    pub(super) kv_heads: usize,
    pub(super) head: usize,
    pub(super) device: candle_core::Device,
    /// F32, or F16 on the CPU.
    pub(super) kind: DType,
}

impl Cache {
    pub(super) fn new(shape: Shape) -> Cache {
        Cache { pieces: Vec::new(), tail: Arc::default(), tail_len: 0, shape }
    }

    /// Tokens that are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.frozen() + self.tail_len
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it has the layers and heads of a model.
    pub(super) fn is_for(&self, shape: &Shape) -> bool {
        let parts = |s: &Shape| (s.layers, s.kv_heads, s.head, s.kind, s.device.location());
        parts(&self.shape) == parts(shape)
    }

    /// Whether keys and values are in f16, which they are on the CPU alone.
    pub(super) fn is_compact(&self) -> bool {
        self.shape.kind == DType::F16
    }

    fn frozen(&self) -> usize {
        self.pieces.iter().map(|p| p.len).sum()
    }

    /// Forgets all but the first `len` tokens; nothing where there are no more.
    pub fn truncate(&mut self, len: usize) {
        let frozen = self.frozen();
        if len >= frozen {
            let keep = (len - frozen).min(self.tail_len);
            if keep < self.tail_len && Arc::get_mut(&mut self.tail).is_none() {
                // a fork reads what would be written over
                self.freeze(keep);
            } else {
                self.tail_len = keep;
            }
            return;
        }
        (self.tail, self.tail_len) = (Arc::default(), 0);
        let mut left = len;
        for piece in &mut self.pieces {
            piece.len = piece.len.min(left);
            left -= piece.len;
        }
        self.pieces.retain(|p| p.len > 0);
    }

    /// A cache of the same text that goes on by itself. Shares the memory; costs no time to speak of.
    #[must_use]
    pub fn fork(&self) -> Cache {
        let mut fork = Cache {
            pieces: self.pieces.clone(),
            tail: Arc::clone(&self.tail),
            tail_len: self.tail_len,
            shape: self.shape.clone(),
        };
        fork.freeze(self.tail_len);
        fork
    }

    /// Makes the first `len` tokens of the tail a piece, and starts a new tail.
    fn freeze(&mut self, len: usize) {
        let layers = std::mem::take(&mut self.tail);
        self.tail_len = 0;
        if len > 0 {
            self.pieces.push(Piece { layers, len });
        }
    }

    /// Makes room for so many tokens more.
    pub(super) fn reserve(&mut self, tokens: usize) -> Result<(), DecoderError> {
        if self.pieces.len() > PIECES {
            self.put_together()?;
        }
        let rooms = self.tail.iter().map(|(k, _)| k.dim(1)).collect::<Result<Vec<_>, _>>()?;
        let (room, needed) = (rooms.into_iter().min().unwrap_or_default(), self.tail_len + tokens);
        if needed <= room {
            return Ok(());
        }
        let room = needed.max(self.tail_len + self.tail_len / 4).next_multiple_of(ROOM);
        let Shape { layers, kv_heads, head, device, kind } = &self.shape;
        let len = self.tail_len;
        let grown = |old: Option<&Pair>| -> Result<Pair, DecoderError> {
            let larger = |pick: fn(&Pair) -> &Tensor| -> Result<Tensor, DecoderError> {
                let new = Tensor::zeros((*kv_heads, room, *head), *kind, device)?;
                if let Some(old) = old.filter(|_| len > 0) {
                    new.slice_set(&pick(old).narrow(1, 0, len)?.contiguous()?, 1, 0)?;
                }
                Ok(new)
            };
            Ok((larger(|p| &p.0)?, larger(|p| &p.1)?))
        };
        match Arc::get_mut(&mut self.tail) {
            // one after the other, so that only one layer is there twice
            Some(tail) if !tail.is_empty() => {
                for pair in tail {
                    *pair = grown(Some(pair))?;
                }
            }
            _ => {
                let tail = (0..*layers).map(|i| grown(self.tail.get(i))).collect::<Result<_, _>>()?;
                self.tail = Arc::new(tail);
            }
        }
        Ok(())
    }

    fn put_together(&mut self) -> Result<(), DecoderError> {
        let whole = |i: usize| -> Result<Pair, DecoderError> {
            let parts = self.frozen_parts(i)?;
            let keys: Vec<&Tensor> = parts.iter().map(|p| &p.0).collect();
            let values: Vec<&Tensor> = parts.iter().map(|p| &p.1).collect();
            Ok((Tensor::cat(&keys, 1)?, Tensor::cat(&values, 1)?))
        };
        let layers = (0..self.shape.layers).map(whole).collect::<Result<Vec<_>, _>>()?;
        self.pieces = vec![Piece { layers: Arc::new(layers), len: self.frozen() }];
        Ok(())
    }

    fn frozen_parts(&self, layer: usize) -> Result<Vec<Pair>, DecoderError> {
        self.pieces.iter().map(|p| view(&p.layers[layer], p.len)).collect()
    }

    /// Writes a layer's new keys and values after the text. They count once [`Cache::advance`] says so; there must be
    /// room.
    pub(super) fn write(&self, layer: usize, new: &Pair) -> Result<(), DecoderError> {
        let (keys, values) = &self.tail[layer];
        for (all, new) in [(keys, &new.0), (values, &new.1)] {
            let new = if self.is_compact() { ops::halves(new)? } else { new.clone() };
            all.slice_set(&new, 1, self.tail_len)?;
        }
        Ok(())
    }

    /// Counts so many written tokens as read.
    pub(super) fn advance(&mut self, tokens: usize) {
        self.tail_len += tokens;
    }

    /// A layer's keys and values of the text and of `more` written tokens after it, in order.
    pub(super) fn parts(&self, layer: usize, more: usize) -> Result<Vec<Pair>, DecoderError> {
        let mut out = self.frozen_parts(layer)?;
        if self.tail_len + more > 0 {
            out.push(view(&self.tail[layer], self.tail_len + more)?);
        }
        Ok(out)
    }
}

fn view((keys, values): &Pair, len: usize) -> Result<Pair, DecoderError> {
    Ok((keys.narrow(1, 0, len)?, values.narrow(1, 0, len)?))
}
