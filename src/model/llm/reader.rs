//! Reads texts with a decoder, and reads again only what is new in them.

use std::ops::ControlFlow;

use crate::model::decoder::{Cache, Decoder, DecoderError, Hidden, Input, Mask, Onward};

use super::branches::Branches;

/// Tokens of a pass: as many as make the matrices large, few enough that a pass needs little memory and a text can be
/// left soon.
const PASS: usize = 512;

/// A decoder, and the text that its cache remembers.
///
/// The kernels of quantized weights differ a little with the rows of a pass, so a text's logits depend on where it was cut
/// into passes. They must not depend on what was read before it. So a text is cut at places of its own: behind
/// `mark`, where the system text ends, and every [`PASS`] tokens from the beginning and from there. What another text
/// left is used up to such a place. Only a text that goes on where the last one ended is read from there. What is written after
/// a text is in caches of its own.
pub(super) struct Reader {
    decoder: Decoder,
    cache: Cache,
    /// Of the cache; never longer than it for longer than a call.
    tokens: Vec<u32>,
    /// Where the passes ended in which they were read.
    passes: Vec<usize>,
    mark: Vec<u32>,
    /// Tokens of all passes.
    read: u64,
}

impl Reader {
    pub(super) fn new(decoder: Decoder, mark: Vec<u32>) -> Reader {
        Reader { cache: decoder.cache(), decoder, tokens: Vec::new(), passes: Vec::new(), mark, read: 0 }
    }

    pub(super) fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// Tokens that went through the decoder.
    pub(super) fn tokens_read(&self) -> u64 {
        self.read
    }

    /// Reads a text, and asks nothing about it.
    pub(super) fn read_ahead(&mut self, text: &[u32]) -> Result<(), DecoderError> {
        self.remember(text, &mut || ControlFlow::Continue(())).map(|_| ())
    }

    /// Reads a text; `more` is asked before each pass and may end it. Gives a cache that goes on from the text by itself, or none
    /// where it was ended.
    pub(super) fn read(
        &mut self,
        text: &[u32],
        more: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Option<Cache>, DecoderError> {
        let whole = self.remember(text, more)?.is_continue();
        Ok(whole.then(|| self.cache.fork()))
    }

    /// Reads what comes next in some texts, in one pass; gives the logits after each.
    pub(super) fn go_on(&mut self, texts: &mut [Onward<'_>]) -> Result<Vec<Vec<f32>>, DecoderError> {
        let hidden = self.decoder.forward_each(texts)?;
        self.read += texts.iter().map(|text| text.tokens.len() as u64).sum::<u64>();
        self.decoder.logits(&hidden, 0..hidden.len())
    }

    /// Reads a text, and what goes on from its end in several ways, in one pass; gives the hidden states at the ends.
    pub(super) fn read_branches(
        &mut self,
        text: &[u32],
        branches: &Branches,
    ) -> Result<Hidden, DecoderError> {
        self.read_ahead(text)?;
        let positions = branches.tree.positions(text.len() as u32);
        let mask = Mask::Tree(branches.tree.clone());
        let wanted = &branches.ends;
        let input = Input { tokens: &branches.tokens, positions: &positions, mask: &mask, wanted };
        let hidden = self.decoder.forward(&mut self.cache, input)?;
        self.read += branches.tokens.len() as u64;
        Ok(hidden)
    }

    /// Makes the cache that of a text, unless `more` ends it.
    fn remember(
        &mut self,
        text: &[u32],
        more: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, DecoderError> {
        let cuts = cuts(text, &self.mark);
        self.truncate(self.keep(text, &cuts));
        while self.tokens.len() < text.len() {
            if more().is_break() {
                return Ok(ControlFlow::Break(()));
            }
            let from = self.tokens.len();
            let next = cuts.iter().copied().find(|&c| c > from).unwrap_or(text.len());
            self.pass(&text[from..next])?;
        }
        Ok(ControlFlow::Continue(()))
    }

    /// How many remembered tokens can stay.
    fn keep(&self, text: &[u32], cuts: &[usize]) -> usize {
        let alike = text.iter().zip(&self.tokens).take_while(|(a, b)| a == b).count();
        if alike == self.tokens.len() {
            return alike;
        }
        let own = cuts.iter().zip(&self.passes).take_while(|(c, p)| c == p && **c <= alike);
        own.last().map_or(0, |(&c, _)| c)
    }

    /// Reads on.
    fn pass(&mut self, tokens: &[u32]) -> Result<(), DecoderError> {
        let start = self.tokens.len() as u32;
        let positions: Vec<u32> = (start..start + tokens.len() as u32).collect();
        let wanted = [tokens.len().saturating_sub(1)];
        let input = Input { tokens, positions: &positions, mask: &Mask::Causal, wanted: &wanted };
        self.decoder.forward(&mut self.cache, input)?;
        self.tokens.extend_from_slice(tokens);
        self.read += tokens.len() as u64;
        self.passes.push(self.tokens.len());
        Ok(())
    }

    /// Forgets all but the first tokens, and what a panic may have left in one place only.
    fn truncate(&mut self, len: usize) {
        let len = len.min(self.tokens.len()).min(self.cache.len());
        self.cache.truncate(len);
        self.tokens.truncate(len);
        self.passes.retain(|&end| end <= len);
    }
}

/// Where a text's own passes end, ascending, its end among them.
fn cuts(text: &[u32], mark: &[u32]) -> Vec<usize> {
    let found = text.windows(mark.len().max(1)).position(|w| w == mark).map(|at| at + mark.len());
    let system = found.unwrap_or(text.len());
    let mut out: Vec<usize> = (PASS..system).step_by(PASS).collect();
    out.push(system);
    out.extend((system + PASS..text.len()).step_by(PASS));
    if system < text.len() {
        out.push(text.len());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_by_itself_alone() {
        let text: Vec<u32> = (0..2000).collect();
        assert_eq!(cuts(&text, &[700, 701]), [512, 702, 1214, 1726, 2000]);
        assert_eq!(cuts(&text, &[9999]), [512, 1024, 1536, 2000]);
        assert_eq!(cuts(&text[..512], &[9999]), [512]);
        assert_eq!(cuts(&text[..702], &[700, 701]), [512, 702]);
        assert_eq!(cuts(&text[..5], &[]), [5]);
        assert_eq!(cuts(&[], &[1]), [0]);
    }
}
