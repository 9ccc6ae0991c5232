// How a kernel is compiled several times and chosen by the processor that runs it.
#pragma once

// On x86-64 Linux a function marked TUNE_DISPATCH exists for AVX-512, for AVX2 with FMA, and for the baseline; the
// loader picks one at start. Elsewhere (arm64: NEON is the baseline) it is compiled once; so it is under the thread
// sanitizer, whose bookkeeping does not yet work when the loader picks.
#if defined(__x86_64__) && defined(__linux__) && defined(__clang__) && !__has_feature(thread_sanitizer)
#define TUNE_DISPATCH __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define TUNE_DISPATCH
#endif
