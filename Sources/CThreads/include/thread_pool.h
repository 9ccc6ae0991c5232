// One pool of threads for everything that runs in parallel.
#pragma once

typedef void (*tune_task)(void *context, long index);

// Runs task(context, i) for every i in 0 ..< count on at most `threads` threads, the caller among them, and returns when
// all are done. Inside a task, or while another thread has the pool, the caller does all of them itself.
void tune_parallel(long count, int threads, tune_task task, void *context);
