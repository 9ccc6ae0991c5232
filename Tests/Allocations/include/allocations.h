// Counts the memory that a thread of a test holds, exactly: glibc's allocator is replaced by one that counts.
#pragma once

#include <stdbool.h>

// Whether allocations are counted: on glibc, where no sanitizer has an allocator of its own.
bool allocations_are_counted(void);

// Counts from here on what this thread allocates and frees; what other threads do is not seen.
void allocations_begin(void);

// Ends counting; returns the most bytes that were held at one time beyond those held at the beginning.
long allocations_end(void);
