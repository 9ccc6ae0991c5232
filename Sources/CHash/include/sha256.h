// SHA-256's compression function (FIPS 180-4, section 6.2.2) on whole blocks of 64 bytes.
#pragma once
#include <stdint.h>

void tune_sha256_blocks(uint32_t state[8], const void *bytes, long count);
