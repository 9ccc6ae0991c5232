// The layouts of stored blocks and their scales, for the kernels that read them. include/dequantize.h tells the values.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#define PACKED __attribute__((packed))

INLINE float from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

INLINE uint32_t to_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

// Moves exponent and mantissa into place and corrects the exponent's bias; infinities and NaN need the bias twice, and
// subnormals are made normal by a subtraction.
INLINE float from_f16(uint16_t half) {
  uint32_t magnitude = (uint32_t)(half & 0x7FFF) << 13;
  uint32_t exponent = magnitude & 0x0F800000;
  uint32_t biased = magnitude + ((127 - 15) << 23);
  uint32_t special = biased + ((128 - 16) << 23);
  uint32_t subnormal = to_bits(from_bits(biased + (1 << 23)) - 0x1p-14f);
  uint32_t bits = exponent == 0x0F800000 ? special : exponent == 0 ? subnormal : biased;
  return from_bits(bits | (uint32_t)(half & 0x8000) << 16);
}

// The same for the scale of a block: nearly all are normal numbers, which the processor foresees.
INLINE float scale_from_f16(uint16_t half) {
  uint32_t exponent = half & 0x7C00;
  if (exponent == 0 || exponent == 0x7C00) return from_f16(half);
  uint32_t magnitude = (uint32_t)(half & 0x7FFF) << 13;
  return from_bits((magnitude + ((127 - 15) << 23)) | (uint32_t)(half & 0x8000) << 16);
}

// Adding the magic number lets the float unit round subnormals; others round by integer addition, which may carry into
// the exponent and so into infinity.
INLINE uint16_t to_f16(float value) {
  uint32_t bits = to_bits(value);
  uint32_t sign = bits & 0x80000000;
  uint32_t magnitude = bits ^ sign;
  const uint32_t magic = (uint32_t)((127 - 15) + (23 - 10) + 1) << 23;
  uint32_t subnormal = to_bits(from_bits(magnitude) + from_bits(magic)) - magic;
  uint32_t normal = (magnitude - ((uint32_t)(127 - 15) << 23) + 0xFFF + ((magnitude >> 13) & 1)) >> 13;
  uint32_t special = magnitude > 0x7F800000 ? 0x7E00 : 0x7C00;
  uint32_t rounded = magnitude >= (uint32_t)(127 + 16) << 23 ? special
                     : magnitude < (uint32_t)113 << 23       ? subnormal
                                                             : normal;
  return (uint16_t)(rounded | sign >> 16);
}

typedef struct PACKED { uint16_t d; int8_t q[32]; } block_q8_0;
typedef struct PACKED { uint16_t d; uint8_t q[16]; } block_q4_0;
typedef struct PACKED { uint16_t d, m; uint8_t q[16]; } block_q4_1;
typedef struct PACKED { uint16_t d; uint32_t h; uint8_t q[16]; } block_q5_0;
typedef struct PACKED { uint16_t d, m; uint32_t h; uint8_t q[16]; } block_q5_1;

_Static_assert(sizeof(block_q8_0) == 34 && sizeof(block_q4_0) == 18 && sizeof(block_q4_1) == 20, "block layout");
_Static_assert(sizeof(block_q5_0) == 22 && sizeof(block_q5_1) == 24, "block layout");

typedef struct PACKED { uint8_t scales[16], q[64]; uint16_t d, dmin; } block_q2_K;
typedef struct PACKED { uint8_t hmask[32], q[64], scales[12]; uint16_t d; } block_q3_K;
typedef struct PACKED { uint16_t d, dmin; uint8_t scales[12], q[128]; } block_q4_K;
typedef struct PACKED { uint16_t d, dmin; uint8_t scales[12], h[32], q[128]; } block_q5_K;
typedef struct PACKED { uint8_t ql[128], qh[64]; int8_t scales[16]; uint16_t d; } block_q6_K;

_Static_assert(sizeof(block_q2_K) == 84 && sizeof(block_q3_K) == 110 && sizeof(block_q4_K) == 144, "block layout");
_Static_assert(sizeof(block_q5_K) == 176 && sizeof(block_q6_K) == 210, "block layout");

// The eight 6-bit scales and minima of q4_K and q5_K: sub-blocks 0-3 in the low 6 bits of bytes 0-3 (scales) and 4-7
// (minima); sub-blocks 4-7 have their low nibbles in bytes 8-11 and their top bits in the top bits of bytes 0-7.
// Unpacked, byte s is that of sub-block s.
typedef struct { uint64_t scales, mins; } sub_block_scales;

INLINE sub_block_scales unpack_scales(const uint8_t *packed) {
  uint32_t words[3];
  memcpy(words, packed, sizeof words);
  const uint32_t low = 0x3F3F3F3F, nibble = 0x0F0F0F0F, top = 0x30303030;
  uint64_t scales = (words[2] & nibble) | (words[0] >> 2 & top);
  uint64_t mins = (words[2] >> 4 & nibble) | (words[1] >> 2 & top);
  return (sub_block_scales){scales << 32 | (words[0] & low), mins << 32 | (words[1] & low)};
}
