#include "allocations.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif

#if defined(__GLIBC__) && !defined(HAS_SANITIZER)

#include <malloc.h>

// The second names of glibc's own functions.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static __thread bool counts;
static __thread long held;
static __thread long most;

static void *add(void *block) {
  if (counts && block) {
    held += (long)malloc_usable_size(block);
    if (held > most) most = held;
  }
  return block;
}

static void subtract(void *block) {
  if (counts && block) held -= (long)malloc_usable_size(block);
}

void *malloc(size_t size) { return add(__libc_malloc(size)); }

void *calloc(size_t count, size_t size) { return add(__libc_calloc(count, size)); }

void free(void *block) {
  subtract(block);
  __libc_free(block);
}

void *realloc(void *block, size_t size) {
  long before = counts && block ? (long)malloc_usable_size(block) : 0;
  void *moved = __libc_realloc(block, size);
  // What could not grow is still held, except where it was to be freed.
  if (moved || size == 0) held -= before;
  return add(moved);
}

void *memalign(size_t alignment, size_t size) { return add(__libc_memalign(alignment, size)); }

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size) {
  if (alignment < sizeof(void *) || (alignment & (alignment - 1))) return EINVAL;
  void *found = memalign(alignment, size);
  if (!found) return ENOMEM;
  *block = found;
  return 0;
}

bool allocations_are_counted(void) { return true; }

void allocations_begin(void) {
  held = most = 0;
  counts = true;
}

long allocations_end(void) {
  counts = false;
  return most;
}

#else

bool allocations_are_counted(void) { return false; }
void allocations_begin(void) {}
long allocations_end(void) { return 0; }

#endif
