// One pool of threads for the whole process, made for regions of a few microseconds that follow each other closely.
#pragma once

// Runs body(context, i) once for every i in 0..<count on at most `threads` threads, the caller's among them, and
// returns when all are done. Indices are claimed one at a time, in no fixed order.
//
// Workers are started when first needed and stay. They look for the next region for some microseconds, then sleep; a
// process may exit, or fork, while they do. The pool serves one region at a time: a region that starts while another
// runs, nested in it or on another thread, runs on its caller's thread alone.
void tune_parallel_for(long count, long threads, void (*body)(void *context, long index), void *context);
