//! Many records, their results in order: on all cores, and no more of them held at a time than a chunk, or one after the
//! other.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::open::Records;
use super::record::{Record, RecordError};

/// Records of a chunk for each thread: so many that the cores seldom wait for the last of them.
const EACH: usize = 16;
/// Bytes of text after which a chunk is full, however few records it has.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Puts every record, also a bad one, through `each`, and hands the results to `take` in the order of the records, a
/// chunk at a time: a full one, or what there is before somebody who is writing them has to be waited for. Once `stop` is
/// set no record is begun, and `each` gives none for one that it left; those before the first that is not done are handed
/// on. Whether all records were taken.
///
/// # Errors
/// The first of `take`; nothing is read after it.
pub fn ordered<T: Send, E>(
    records: &mut Records<'_>,
    each: &(dyn Fn(Result<Record, RecordError>) -> Option<T> + Sync),
    stop: &AtomicBool,
    take: &mut dyn FnMut(Vec<T>) -> Result<(), E>,
) -> Result<bool, E> {
    let most = EACH * rayon::current_num_threads().max(1);
    let stopped = || stop.load(Ordering::SeqCst);
    while !stopped() {
        let mut bytes = 0;
        let mut chunk = Vec::new();
        while chunk.len() < most
            && bytes < MOST_BYTES
            && !stopped()
            && (chunk.is_empty() || records.at_hand())
        {
            let Some(record) = records.next() else { break };
            bytes += record.as_ref().map_or(0, |r| r.text.len());
            chunk.push(record);
        }
        if chunk.is_empty() {
            return Ok(!stopped());
        }
        let begun = chunk.into_par_iter().with_max_len(1).map(|r| if stopped() { None } else { each(r) });
        let done: Vec<Option<T>> = begun.collect();
        let whole = done.iter().all(Option::is_some);
        take(done.into_iter().map_while(|done| done).collect())?;
        if !whole {
            return Ok(false);
        }
    }
    Ok(false)
}

/// The same one after the other, for what needs all cores for one record: each result is handed on as soon as it is
/// there.
///
/// # Errors
/// The first of `take`; nothing is read after it.
pub fn in_turn<T, E>(
    records: &mut dyn Iterator<Item = Result<Record, RecordError>>,
    each: &mut dyn FnMut(Result<Record, RecordError>) -> Option<T>,
    stop: &AtomicBool,
    take: &mut dyn FnMut(Vec<T>) -> Result<(), E>,
) -> Result<bool, E> {
    while !stop.load(Ordering::SeqCst) {
        let Some(record) = records.next() else { return Ok(true) };
        let Some(done) = each(record) else { return Ok(false) };
        take(vec![done])?;
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use proptest::prelude::*;

    use super::*;
    use crate::bank::Named;
    use crate::text::SourceKind;

    fn record(i: usize, good: bool) -> Result<Record, RecordError> {
        let name = i.to_string();
        if !good {
            return Err(RecordError::Long { name });
        }
        let (named, kind) = (Named::File, SourceKind::Plain);
        Ok(Record { name, named, text: "So.".to_owned(), kind, question: None, bytes: 3, headings: None })
    }

    fn name(record: Result<Record, RecordError>) -> Option<String> {
        Some(record.map_or_else(|e| e.name().to_owned(), |r| r.name))
    }

    proptest! {
        #[test]
        fn order_is_kept_and_a_bad_record_stops_nothing(good in prop::collection::vec(any::<bool>(), 0..300)) {
            let mut records = Records::new(good.iter().enumerate().map(|(i, g)| record(i, *g)));
            let mut seen = Vec::new();
            let all = ordered(&mut records, &name, &AtomicBool::new(false), &mut |chunk| {
                seen.extend(chunk);
                Ok::<(), ()>(())
            });
            prop_assert_eq!(all, Ok(true));
            let known: Vec<String> = (0..good.len()).map(|i| i.to_string()).collect();
            prop_assert_eq!(seen, known);
        }

        #[test]
        fn what_is_done_when_it_is_stopped_has_no_gap(at in 0usize..200) {
            let stop = AtomicBool::new(false);
            let mut records = Records::new((0..200).map(|i| record(i, true)));
            let mut seen = Vec::new();
            let each = |r: Result<Record, RecordError>| {
                let name = name(r)?;
                if name == at.to_string() {
                    stop.store(true, Ordering::SeqCst);
                }
                Some(name)
            };
            let all = ordered(&mut records, &each, &stop, &mut |chunk| {
                seen.extend(chunk);
                Ok::<(), ()>(())
            });
            prop_assert_eq!(all, Ok(false));
            prop_assert!(seen.iter().enumerate().all(|(i, n)| *n == i.to_string()), "{:?}", seen);
        }
    }

    #[test]
    fn nothing_is_read_after_a_failure() {
        let mut read = 0;
        let records = (0..10_000).map(|i| record(i, true)).inspect(|_| read += 1);
        let failed =
            ordered(&mut Records::new(records), &name, &AtomicBool::new(false), &mut |_| Err("full"));
        assert_eq!(failed, Err("full"));
        assert!(read < 10_000);
    }

    #[test]
    fn in_turn_each_is_handed_on_before_the_next_is_read() {
        let (seen, stop) = (RefCell::new(Vec::new()), AtomicBool::new(false));
        let mut records = (0..5).map(|i| record(i, i != 1)).inspect(|_| {
            // all that was read before is taken
            let n = seen.borrow().len();
            seen.borrow_mut().push(format!("read {n}"));
        });
        let mut each = |r| name(r).filter(|n| n != "3");
        let all = in_turn(&mut records, &mut each, &stop, &mut |done| {
            seen.borrow_mut().extend(done);
            Ok::<(), ()>(())
        });
        assert_eq!(all, Ok(false), "the fourth was left");
        assert_eq!(*seen.borrow(), ["read 0", "0", "read 2", "1", "read 4", "2", "read 6"]);
        let mut rest = (5..7).map(|i| record(i, true));
        let mut stopping = |r| {
            stop.store(true, Ordering::SeqCst);
            name(r)
        };
        let all = in_turn(&mut rest, &mut stopping, &stop, &mut |_| Ok::<(), ()>(()));
        assert_eq!((all, rest.len()), (Ok(false), 1), "what was begun is done, and nothing more is begun");
        let failed = in_turn(&mut rest, &mut name, &AtomicBool::new(false), &mut |_| Err("full"));
        assert_eq!(failed, Err("full"));
    }
}
