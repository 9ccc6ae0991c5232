#include "threads.h"
#include <pthread.h>
#include <sched.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum {
  MOST_THREADS = 256,
  // How long a worker watches for the next region, and a caller for its last workers, before they sleep: longer than
  // the pauses between the regions of one decoded token, and too short to matter to the processor's other users.
  SPIN_NANOSECONDS = 50000,
  LOOKS_PER_LAP = 16,  // between two readings of the clock: under a microsecond
  CACHE_LINE = 128,    // of Apple's processors; 64 elsewhere
};

// The pool's state is one word of four counts, so that each step below is one atomic operation.
#define SEAT 1ull              // workers that may still join the region; none when no region is open
#define RUNNING (1ull << 16)   // workers inside the region
#define SLEEPING (1ull << 32)  // workers that wait for `work`
#define WAITING (1ull << 48)   // 1 when the caller waits for `finished`
#define ALL(unit) (0xFFFF * (unit))

static alignas(CACHE_LINE) _Atomic uint64_t state;

// The open region; written only while no worker is inside, but for the next index that nobody has claimed.
static alignas(CACHE_LINE) struct {
  atomic_long next;
  long count;
  void (*body)(void *context, long index);
  void *context;
} region;

static atomic_flag taken = ATOMIC_FLAG_INIT;  // a caller owns the pool
static long workers;                          // started so far; the owner's
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;
static pthread_cond_t finished = PTHREAD_COND_INITIALIZER;

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __builtin_arm_yield();
#endif
}

static int64_t nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static bool has_seat(void) { return (state & ALL(SEAT)) != 0; }
static bool all_are_out(void) { return (state & ALL(RUNNING)) == 0; }

// Watches for some time. With `yields`, others that need this processor get it between two looks at the clock.
static bool spin_until(bool (*reached)(void), bool yields) {
  const int64_t end = nanoseconds() + SPIN_NANOSECONDS;
  do {
    for (int i = 0; i < LOOKS_PER_LAP; i++) {
      if (reached()) return true;
      relax();
    }
    if (yields) sched_yield();
  } while (nanoseconds() < end);
  return false;
}

static void run_items(void) {
  const long count = region.count;
  void (*const body)(void *, long) = region.body;
  void *const context = region.context;
  long index;
  while ((index = atomic_fetch_add_explicit(&region.next, 1, memory_order_relaxed)) < count) body(context, index);
}

// A worker takes a seat, if one is free.
static bool join(void) {
  uint64_t old = state;
  while (old & ALL(SEAT))
    if (atomic_compare_exchange_weak(&state, &old, old - SEAT + RUNNING)) return true;
  return false;
}

// A worker found no item left: nobody need join any more, and the last one out wakes the caller.
static void leave(void) {
  uint64_t old = state, new;
  do new = (old & ~ALL(SEAT)) - RUNNING;
  while (!atomic_compare_exchange_weak(&state, &old, new));
  if ((new & WAITING) && !(new & ALL(RUNNING))) {
    pthread_mutex_lock(&mutex);
    pthread_cond_signal(&finished);
    pthread_mutex_unlock(&mutex);
  }
}

// A worker sleeps, unless there is a seat again: the caller that opens a region sees either it or its seat taken.
static void sleep_until_woken(void) {
  pthread_mutex_lock(&mutex);
  uint64_t old = state;
  while (!(old & ALL(SEAT)))
    if (atomic_compare_exchange_weak(&state, &old, old + SLEEPING)) {
      pthread_cond_wait(&work, &mutex);
      atomic_fetch_sub(&state, SLEEPING);
      break;
    }
  pthread_mutex_unlock(&mutex);
}

static void *run_worker(void *unused) {
  (void)unused;
  for (;;) {
    // Yields, as the kernel may have woken it on its caller's processor.
    if (!spin_until(has_seat, true)) {
      sleep_until_woken();
    } else if (join()) {
      run_items();
      leave();
    }
  }
}

// The workers do not exist in a forked child. If the fork met an open region, `taken` stays set there and the child
// runs everything on the threads that ask for it.
static void forget_workers(void) {
  workers = 0;
  state = 0;
  pthread_mutex_init(&mutex, NULL);
  pthread_cond_init(&work, NULL);
  pthread_cond_init(&finished, NULL);
}

// Starts what is missing to `wanted` workers. Fewer are no error: the caller does all that nobody else does.
static void start_workers(long wanted) {
  static bool watches_forks = false;
  if (!watches_forks) watches_forks = pthread_atfork(NULL, NULL, forget_workers) == 0;
  for (; workers < wanted; workers++) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_worker, NULL) != 0) return;
    pthread_detach(thread);
  }
}

// Lets `seats` workers in and wakes as many of them as sleep.
static void open_region(long seats) {
  const uint64_t old = atomic_fetch_add(&state, (uint64_t)seats * SEAT);
  const long sleeping = (long)((old & ALL(SLEEPING)) / SLEEPING);
  if (sleeping == 0) return;
  pthread_mutex_lock(&mutex);
  for (long i = 0; i < sleeping && i < seats; i++) pthread_cond_signal(&work);
  pthread_mutex_unlock(&mutex);
}

// Lets nobody in any more and returns when those inside are out. A worker that never came is not waited for.
static void close_region(void) {
  if (!(atomic_fetch_and(&state, ~ALL(SEAT)) & ALL(RUNNING))) return;
  // Does not yield: whoever got the processor would delay the whole computation.
  if (spin_until(all_are_out, false)) return;
  pthread_mutex_lock(&mutex);
  atomic_fetch_or(&state, WAITING);
  while (!all_are_out()) pthread_cond_wait(&finished, &mutex);
  atomic_fetch_and(&state, ~WAITING);
  pthread_mutex_unlock(&mutex);
}

void tune_parallel_for(long count, long threads, void (*body)(void *context, long index), void *context) {
  if (threads > MOST_THREADS) threads = MOST_THREADS;
  const long helpers = (threads < count ? threads : count) - 1;
  if (helpers <= 0 || atomic_flag_test_and_set_explicit(&taken, memory_order_acquire)) {
    for (long i = 0; i < count; i++) body(context, i);
    return;
  }
  start_workers(helpers);
  region.count = count;
  region.body = body;
  region.context = context;
  region.next = 0;
  open_region(helpers);
  run_items();
  close_region();
  atomic_flag_clear_explicit(&taken, memory_order_release);
}
