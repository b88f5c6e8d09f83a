//! Reads texts with a decoder, and reads again only what is new in them.

use std::ops::ControlFlow;

use crate::model::decoder::{Cache, Decoder, DecoderError, Hidden, Input, Mask};

use super::branches::Branches;

/// Tokens of a pass: as many as make the matrices large, few enough that a pass needs little memory and a text can be
/// left soon.
const PASS: usize = 512;

/// A decoder, and the text that its cache remembers.
///
/// The kernels of quantized weights differ a little with the rows of a pass, so a text's logits depend on where it was cut
/// into passes. They must not depend on what was read before it. So a text is cut at places of its own: behind
/// `mark`, where the system text ends, and every [`PASS`] tokens from the beginning and from there. What another text
/// left is used up to such a place. Only a text that goes on where the last one ended is read from there.
pub(super) struct Reader {
    decoder: Decoder,
    cache: Cache,
    /// Of the cache; never longer than it for longer than a call.
    tokens: Vec<u32>,
    /// Where the passes ended in which they were read.
    passes: Vec<usize>,
    /// How long the last text was that was asked for; the tokens after it were written.
    last: usize,
    mark: Vec<u32>,
    /// Tokens of all passes.
    read: u64,
}

impl Reader {
    pub(super) fn new(decoder: Decoder, mark: Vec<u32>) -> Reader {
        Reader {
            cache: decoder.cache(),
            decoder,
            tokens: Vec::new(),
            passes: Vec::new(),
            last: 0,
            mark,
            read: 0,
        }
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
        self.remember(text, text.len(), &mut || ControlFlow::Continue(())).map(|_| ())
    }

    /// Reads a text; `more` is asked before each pass and may end it. Gives the logits after the text, or none where it
    /// was ended.
    pub(super) fn read(
        &mut self,
        text: &[u32],
        more: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Option<Vec<f32>>, DecoderError> {
        // a text that is remembered whole has no hidden state any more
        match self.remember(text, text.len().saturating_sub(1), more)? {
            Some(hidden) => self.after(&hidden).map(Some),
            None => Ok(None),
        }
    }

    /// Reads what was written after the text; gives the logits after it.
    pub(super) fn go_on(&mut self, written: &[u32]) -> Result<Vec<f32>, DecoderError> {
        let hidden = self.pass(written)?;
        self.after(&hidden)
    }

    fn after(&self, hidden: &Hidden) -> Result<Vec<f32>, DecoderError> {
        Ok(self.decoder.logits(hidden, 0..1)?.swap_remove(0))
    }

    /// Reads a text, and what goes on from its end in several ways, in one pass; gives the hidden states at the ends.
    pub(super) fn read_branches(
        &mut self,
        text: &[u32],
        branches: &Branches,
    ) -> Result<Hidden, DecoderError> {
        self.remember(text, text.len(), &mut || ControlFlow::Continue(()))?;
        let positions = branches.tree.positions(text.len() as u32);
        let mask = Mask::Tree(branches.tree.clone());
        let wanted = &branches.ends;
        let input = Input { tokens: &branches.tokens, positions: &positions, mask: &mask, wanted };
        let hidden = self.decoder.forward(&mut self.cache, input)?;
        self.read += branches.tokens.len() as u64;
        Ok(hidden)
    }

    /// Makes the cache that of a text, of which at most the first `most` tokens may have been there. Gives the hidden
    /// state after it, none where there was none or it was ended.
    fn remember(
        &mut self,
        text: &[u32],
        most: usize,
        more: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Option<Hidden>, DecoderError> {
        let cuts = cuts(text, &self.mark);
        let keep = self.keep(text, most, &cuts);
        self.truncate(keep);
        self.last = keep;
        let mut hidden = None;
        while self.tokens.len() < text.len() {
            if more().is_break() {
                return Ok(None);
            }
            let from = self.tokens.len();
            let next = cuts.iter().copied().find(|&c| c > from).unwrap_or(text.len());
            hidden = Some(self.pass(&text[from..next])?);
            self.last = next;
        }
        Ok(hidden)
    }

    /// How many remembered tokens can stay.
    fn keep(&self, text: &[u32], most: usize, cuts: &[usize]) -> usize {
        let alike = text.iter().zip(&self.tokens).take_while(|(a, b)| a == b).count();
        if alike >= self.last && (1..=most).contains(&self.last) {
            return self.last;
        }
        let most = alike.min(most);
        let own = cuts.iter().zip(&self.passes).take_while(|(c, p)| c == p && **c <= most);
        own.last().map_or(0, |(&c, _)| c)
    }

    /// Reads on; gives the hidden state of the last token.
    fn pass(&mut self, tokens: &[u32]) -> Result<Hidden, DecoderError> {
        let start = self.tokens.len() as u32;
        let positions: Vec<u32> = (start..start + tokens.len() as u32).collect();
        let wanted = [tokens.len().saturating_sub(1)];
        let input = Input { tokens, positions: &positions, mask: &Mask::Causal, wanted: &wanted };
        let hidden = self.decoder.forward(&mut self.cache, input)?;
        self.tokens.extend_from_slice(tokens);
        self.read += tokens.len() as u64;
        self.passes.push(self.tokens.len());
        Ok(hidden)
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
