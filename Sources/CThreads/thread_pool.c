// A decoded token runs about two hundred parallel regions of 10 to 40 microseconds: workers that wait in the kernel
// would cost as much as the work. They spin for a moment after each region and only then sleep.
#include "thread_pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { MOST_WORKERS = 255, SPINS = 1500 };  // about 30 microseconds

// The region at work. A worker counts itself in before it looks at `open`, and the caller closes the region before it
// looks at the count (all sequentially consistent): whoever is counted in with an open region may touch it.
static struct {
  tune_task task;
  void *context;
  long count;
  int helpers;  // workers that may take part
  atomic_long next;
  atomic_ulong open;  // the region's number, 0 when closed
  atomic_int inside;
} region;

static atomic_bool taken;
static unsigned long regions;
static int workers;
static _Thread_local bool is_working;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER, finished = PTHREAD_COND_INITIALIZER;
static atomic_int sleepers;
static atomic_bool caller_sleeps;

static inline void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static void work(void) {
  is_working = true;
  for (long index; (index = atomic_fetch_add_explicit(&region.next, 1, memory_order_relaxed)) < region.count;)
    region.task(region.context, index);
  is_working = false;
}

static bool has_opened(unsigned long last) {
  unsigned long number = atomic_load(&region.open);
  return number != 0 && number != last;
}

static void wait_for_region(unsigned long last) {
  for (int spin = 0; spin < SPINS; spin++) {
    if (has_opened(last)) return;
    pause_briefly();
  }
  pthread_mutex_lock(&mutex);
  atomic_fetch_add(&sleepers, 1);
  while (!has_opened(last)) pthread_cond_wait(&opened, &mutex);
  atomic_fetch_sub(&sleepers, 1);
  pthread_mutex_unlock(&mutex);
}

static void *worker(void *argument) {
  const int own = (int)(long)argument;
  unsigned long last = 0;
  for (;;) {
    wait_for_region(last);
    atomic_fetch_add(&region.inside, 1);
    const unsigned long number = atomic_load(&region.open);
    if (number != 0) {
      if (own < region.helpers) work();
      last = number;
    }
    if (atomic_fetch_sub(&region.inside, 1) == 1 && atomic_load(&caller_sleeps)) {
      pthread_mutex_lock(&mutex);
      pthread_cond_signal(&finished);
      pthread_mutex_unlock(&mutex);
    }
  }
  return NULL;
}

static void start_workers(int wanted) {
  for (; workers < wanted; workers++) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, worker, (void *)(long)workers) != 0) return;
    pthread_detach(thread);
  }
}

static void wait_for_workers(void) {
  for (int spin = 0; spin < SPINS; spin++) {
    if (atomic_load(&region.inside) == 0) return;
    pause_briefly();
  }
  pthread_mutex_lock(&mutex);
  atomic_store(&caller_sleeps, true);
  while (atomic_load(&region.inside) != 0) pthread_cond_wait(&finished, &mutex);
  atomic_store(&caller_sleeps, false);
  pthread_mutex_unlock(&mutex);
}

void tune_parallel(long count, int threads, tune_task task, void *context) {
  if (threads > MOST_WORKERS + 1) threads = MOST_WORKERS + 1;
  if (count <= 1 || threads <= 1 || is_working || atomic_exchange(&taken, true)) {
    for (long index = 0; index < count; index++) task(context, index);
    return;
  }
  const int helpers = count < threads ? (int)count - 1 : threads - 1;
  start_workers(helpers);
  region.task = task;
  region.context = context;
  region.count = count;
  region.helpers = helpers;
  atomic_store_explicit(&region.next, 0, memory_order_relaxed);
  atomic_store(&region.open, ++regions);
  if (atomic_load(&sleepers) > 0) {
    pthread_mutex_lock(&mutex);
    pthread_cond_broadcast(&opened);
    pthread_mutex_unlock(&mutex);
  }
  work();
  atomic_store(&region.open, 0);
  wait_for_workers();
  atomic_store(&taken, false);
}
