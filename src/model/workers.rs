//! Keeps the threads of the pool awake while a pass runs. It consists of hundreds of short steps, and to wake a thread for each
//! takes as long as the step itself, on a virtual machine longer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rayon::Yield;

/// How long a thread looks in vain before it falls asleep after all: without an end it could do so for ever, where it began on top
/// of a step that the pass itself waits for.
const PATIENCE: Duration = Duration::from_millis(50);

/// Does something on a thread of the pool, while the others look for work without falling asleep.
pub(super) fn awake<R: Send>(job: impl FnOnce() -> R + Send) -> R {
    rayon::scope(|_| {
        let done = Arc::new(AtomicBool::new(false));
        let (me, lookout) = (rayon::current_thread_index(), Arc::clone(&done));
        // One on each thread, which no other can take; on this one it would only be in the way. Nobody waits for their end: a thread
        // may have begun something else on top of it, which waits for this pass.
        rayon::spawn_broadcast(move |context| {
            if Some(context.index()) != me {
                look(&lookout);
            }
        });
        let _done = Done(done);
        job()
    })
}

/// Looks for work until it is done, or there has been none for too long.
fn look(done: &AtomicBool) {
    let mut idle = Instant::now();
    while !done.load(Ordering::Relaxed) && idle.elapsed() < PATIENCE {
        if rayon::yield_now() == Some(Yield::Executed) {
            idle = Instant::now();
        } else {
            // to whatever else the machine has to do; where it has nothing, the call comes back at once
            std::thread::yield_now();
        }
    }
}

/// Lets them go, also when the job panics.
struct Done(Arc<AtomicBool>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;

    #[test]
    fn work_is_done_whatever_the_number_of_threads() {
        // often enough that passes begin on top of what others wait for
        for threads in (1..5).cycle().take(400) {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let sum = || (0..1000u64).into_par_iter().sum::<u64>();
            let all = pool.install(|| (0..8).into_par_iter().map(|_| awake(|| awake(sum))).sum::<u64>());
            assert_eq!(all, 8 * 499_500, "{threads} threads, passes within passes and beside each other");
        }
        assert_eq!(awake(|| 7), 7, "from a thread outside of the pool");
    }

    #[test]
    fn a_panic_lets_the_others_go() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            pool.install(|| awake(|| panic!("as told")))
        }));
        assert!(caught.is_err());
        assert_eq!(pool.install(|| awake(|| 7)), 7);
    }
}
