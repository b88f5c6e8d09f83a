//! Keeps the threads of the pool awake while a pass runs. It consists of hundreds of short steps, and to wake a thread for each
//! takes as long as the step itself, on a virtual machine longer.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::Yield;

/// Does something on a thread of the pool, while the others look for work without falling asleep.
pub(super) fn awake<R: Send>(job: impl FnOnce() -> R + Send) -> R {
    let done = AtomicBool::new(false);
    rayon::scope(|scope| {
        let (me, done) = (rayon::current_thread_index(), &done);
        // each thread gets one of its own, which no other can take: this one would never come back from it
        scope.spawn_broadcast(move |_, context| {
            while Some(context.index()) != me && !done.load(Ordering::Relaxed) {
                if rayon::yield_now() != Some(Yield::Executed) {
                    std::hint::spin_loop();
                }
            }
        });
        let _done = Done(done);
        job()
    })
}

/// Lets them go, also when the job panics.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
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
        for threads in 1..5 {
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
