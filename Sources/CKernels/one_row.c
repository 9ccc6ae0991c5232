// Products of one activation row with weights in their storage format, which are unpacked in registers.
#include <stdbool.h>
#include "blocks.h"
#include "dispatch.h"
#include "few_rows.h"
#pragma clang fp contract(fast)
// Vectors pass between inlined functions only, so no calling convention is concerned.
#pragma clang diagnostic ignored "-Wpsabi"

enum { LANES = 8 };
typedef float lanes __attribute__((vector_size(4 * LANES), aligned(1)));
typedef int32_t ints __attribute__((vector_size(4 * LANES), aligned(1)));
typedef uint32_t words __attribute__((vector_size(4 * LANES), aligned(1)));
typedef uint32_t four_words __attribute__((vector_size(16), aligned(1)));
typedef uint16_t shorts __attribute__((vector_size(2 * LANES), aligned(1)));
typedef int16_t signed_shorts __attribute__((vector_size(2 * LANES), aligned(1)));
typedef int8_t signed_bytes __attribute__((vector_size(LANES), aligned(1)));
typedef float four __attribute__((vector_size(16), aligned(1)));
typedef float pair __attribute__((vector_size(8), aligned(1)));

#define LOAD(type, from) (*(const type *)(from))
#define STORE(type, to) (*(type *)(to))

INLINE float sum_of(lanes v) {
  four half = __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
  half += __builtin_shufflevector(half, half, 2, 3, 0, 1);
  return half[0] + half[1];
}

// ---- Plain numbers ----

// Float16 in the high halves of words: exponent and mantissa in place, and a factor for the exponent's bias. Infinities
// and NaN come out finite.
INLINE lanes from_finite_f16(words high) { return (lanes)((words)((ints)high >> 3) & 0x8FFFE000) * 0x1p112f; }

typedef enum { F32, F16, BF16 } number;

INLINE lanes load_numbers(const char *from, number kind) {
  if (kind == F32) return LOAD(lanes, from);
  words high = __builtin_convertvector(LOAD(shorts, from), words) << 16;
  return kind == F16 ? from_finite_f16(high) : (lanes)high;
}

INLINE float load_number(const char *from, number kind) {
  uint32_t bits = 0;
  memcpy(kind == F32 ? (char *)&bits : (char *)&bits + 2, from, kind == F32 ? 4 : 2);
  return kind == F16 ? from_f16(bits >> 16) : from_bits(bits);
}

// Row after row, each in order: the pattern that a processor prefetches best.
INLINE void rows_of_numbers(float *out, const float *x, const char *row, long outputs, long inputs, number kind) {
  const long size = kind == F32 ? 4 : 2;
  for (long o = 0; o < outputs; o++, row += inputs * size) {
    lanes sums[4] = {0};
    long i = 0;
    for (; i + 4 * LANES <= inputs; i += 4 * LANES)
      for (int k = 0; k < 4; k++)
        sums[k] += load_numbers(row + (i + k * LANES) * size, kind) * LOAD(lanes, x + i + k * LANES);
    for (; i + LANES <= inputs; i += LANES) sums[0] += load_numbers(row + i * size, kind) * LOAD(lanes, x + i);
    float sum = sum_of((sums[0] + sums[1]) + (sums[2] + sums[3]));
    for (; i < inputs; i++) sum += load_number(row + i * size, kind) * x[i];
    out[o] = sum;
  }
}

// ---- Packed fields ----

// The inner product of the fields of eight words with activations, without moving fields apart. Let P_k be the lowest k
// fields of a word read as one number, which takes a single AND; field k is (P_k+1 - P_k) / 2^(width * k), so the sum of
// field k times x_k is the sum of P_k times x_k-1 / 2^(width * (k - 1)) - x_k / 2^(width * k). These differences are
// made once a call (`spread_activations`). P_k stays below 2^24, where float32 is exact; the top byte is taken likewise.
INLINE lanes field_product(words fields, int width, const float *spread) {
  lanes sums[2] = {0};
  words top = fields >> 24;
  for (int k = 0; k < 32 / width; k++) {
    int bits = width * (k + 1);
    words prefix = bits <= 24 ? fields & ((1u << bits) - 1) : bits < 32 ? top & ((1u << (bits - 24)) - 1) : top;
    sums[k % 2] += __builtin_convertvector((ints)prefix, lanes) * LOAD(lanes, spread + k * LANES);
  }
  return sums[0] + sums[1];
}

// The activation that field `field` of word `word` meets: q4_0 and q4_1 keep values j and j + 16 of a block in byte j,
// four words a block; the other formats are taken as bytes in order.
INLINE long activation_of(int word, int field, int width) {
  return width == 8 ? 4 * word + field : 32 * (word / 4) + 4 * (word % 4) + 16 * (field % 2) + field / 2;
}

// For each group of eight words, the factors of `field_product` by field and word; beyond `inputs` they are 0.
INLINE void spread_activations(float *spread, const float *x, long inputs, int width) {
  const int fields = 32 / width, group = LANES * fields, low_fields = 24 / width;
  for (long start = 0; start < inputs; start += group, spread += group) {
    for (int field = 0; field < fields; field++) {
      int place = field < low_fields ? field : field - low_fields;
      bool followed = field + 1 != low_fields && field + 1 != fields;
      float scale = 1.0f / (float)(1u << width * place);
      for (int word = 0; word < LANES; word++) {
        long i = start + activation_of(word, field, width), next = start + activation_of(word, field + 1, width);
        float value = i < inputs ? x[i] : 0;
        if (followed && i < inputs) value -= x[next] / (float)(1 << width);
        spread[field * LANES + word] = value * scale;
      }
    }
  }
}

// factor * the sums of `count` activations.
INLINE void block_sums(float *sums, const float *x, long inputs, int count, float factor) {
  for (long start = 0; start < inputs; start += count) {
    lanes sum = LOAD(lanes, x + start);
    for (int i = LANES; i < count; i += LANES) sum += LOAD(lanes, x + start + i);
    *sums++ = sum_of(sum) * factor;
  }
}

// Two neighbouring scales, each for four lanes.
INLINE lanes two_scales(const float *scales) {
  pair v = LOAD(pair, scales);
  return __builtin_shufflevector(v, v, 0, 0, 0, 0, 1, 1, 1, 1);
}

// ---- Blocks of 32 ----

// The first four bytes of a block: its float16 scale and what follows, in q4_1 the float16 minimum.
INLINE uint32_t head_of(const char *block) {
  uint32_t head;
  memcpy(&head, block, sizeof head);
  return head;
}

typedef enum { NO_OFFSET, SCALE_OFFSET, MINIMUM_OFFSET } offset;

// The scales of a row of blocks of `size` bytes, and a 0 after them. Returns the inner product of `sums` with the scales
// or the minima.
INLINE float read_scales(float *scales, const char *block, long blocks, long size, const float *sums, offset kind) {
  lanes products = {0};
  long b = 0;
  for (; b + LANES <= blocks; b += LANES, block += LANES * size) {
    words heads = {head_of(block),            head_of(block + size),     head_of(block + 2 * size),
                   head_of(block + 3 * size), head_of(block + 4 * size), head_of(block + 5 * size),
                   head_of(block + 6 * size), head_of(block + 7 * size)};
    lanes scale = from_finite_f16(heads << 16);
    STORE(lanes, scales + b) = scale;
    if (kind == SCALE_OFFSET) products += scale * LOAD(lanes, sums + b);
    if (kind == MINIMUM_OFFSET) products += from_finite_f16(heads) * LOAD(lanes, sums + b);
  }
  float product = sum_of(products);
#pragma clang loop vectorize(disable)
  for (; b < blocks; b++, block += size) {
    scales[b] = from_f16((uint16_t)head_of(block));
    if (kind == SCALE_OFFSET) product += scales[b] * sums[b];
    if (kind == MINIMUM_OFFSET) product += from_f16(head_of(block) >> 16) * sums[b];
  }
  scales[blocks] = 0;
  return product;
}

INLINE void rows_of_q8_0(
  float *out, const float *x, const void *weights, long outputs, long inputs, float *scratch) {
  const long blocks = inputs / 32, size = sizeof(block_q8_0);
  const char *row = weights;
  for (long o = 0; o < outputs; o++, row += blocks * size) {
    read_scales(scratch, row, blocks, size, 0, NO_OFFSET);
    lanes sum = {0};
    for (long b = 0; b < blocks; b++) {
      const int8_t *q = ((const block_q8_0 *)row)[b].q;
      lanes products[2] = {0};
      for (int k = 0; k < 4; k++) {
        lanes values = __builtin_convertvector(LOAD(signed_bytes, q + k * LANES), lanes);
        products[k % 2] += values * LOAD(lanes, x + 32 * b + k * LANES);
      }
      sum += (products[0] + products[1]) * scratch[b];
    }
    out[o] = sum_of(sum);
  }
}

typedef float wlanes __attribute__((vector_size(64), aligned(1)));
typedef int32_t wints __attribute__((vector_size(64), aligned(1)));
typedef uint32_t wwords __attribute__((vector_size(64), aligned(1)));
INLINE wlanes wfield_product(wwords fields, int width, const float *spread) {
  wlanes sums[2] = {0};
  wwords top = fields >> 24;
  for (int k = 0; k < 32 / width; k++) {
    int bits = width * (k + 1);
    wwords prefix = bits <= 24 ? fields & ((1u << bits) - 1) : bits < 32 ? top & ((1u << (bits - 24)) - 1) : top;
    sums[k % 2] += __builtin_convertvector((wints)prefix, wlanes) * LOAD(wlanes, spread + k * 16);
  }
  return sums[0] + sums[1];
}
INLINE void wspread_activations(float *spread, const float *x, long inputs, int width) {
  const int fields = 32 / width, group = 16 * fields, low_fields = 24 / width;
  for (long start = 0; start < inputs; start += group, spread += group) {
    for (int field = 0; field < fields; field++) {
      int place = field < low_fields ? field : field - low_fields;
      bool followed = field + 1 != low_fields && field + 1 != fields;
      float scale = 1.0f / (float)(1u << width * place);
      for (int word = 0; word < 16; word++) {
        long i = start + activation_of(word, field, width), next = start + activation_of(word, field + 1, width);
        float value = i < inputs ? x[i] : 0;
        if (followed && i < inputs) value -= x[next] / (float)(1 << width);
        spread[field * 16 + word] = value * scale;
      }
    }
  }
}
// Rows of q4_0 or q4_1 blocks, two blocks at a time.
INLINE void rows_of_nibbles(
  float *out, const float *x, const char *row, long outputs, long inputs, long size, offset kind, float *scratch) {
  const long blocks = inputs / 32;
  float *spread = scratch, *sums = spread + (blocks + 3) / 4 * 128, *scales = sums + blocks;
  wspread_activations(spread, x, inputs, 4);
  block_sums(sums, x, inputs, 32, kind == SCALE_OFFSET ? -8 : 1);
  for (long o = 0; o < outputs; o++, row += blocks * size) {
    float rest = read_scales(scales, row, blocks, size, sums, kind);
    scales[blocks+1]=scales[blocks+2]=0;
    wlanes sum = {0};
    for (long b = 0; b < blocks; b += 4) {
      const char *q = row + (b + 1) * size - 16;
      long n1=b + 1 < blocks ? size : 0, n2=b + 2 < blocks ? 2*size : 0, n3=b + 3 < blocks ? 3*size : 0;
      words l = __builtin_shufflevector(
        LOAD(four_words, q), LOAD(four_words, q+n1), 0, 1, 2, 3, 4, 5, 6, 7);
      words h = __builtin_shufflevector(
        LOAD(four_words, q+n2), LOAD(four_words, q+n3), 0, 1, 2, 3, 4, 5, 6, 7);
      wwords fields = __builtin_shufflevector(l,h,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15);
      four v = LOAD(four, scales+b);
      sum += wfield_product(fields, 4, spread + b * 32) * __builtin_shufflevector(v, v, 0, 0, 0, 0, 1, 1, 1, 1,2,2,2,2,3,3,3,3);
    }
    lanes y = __builtin_shufflevector(sum, sum, 0,1,2,3,4,5,6,7) + __builtin_shufflevector(sum, sum, 8,9,10,11,12,13,14,15);
    out[o] = sum_of(y) + rest;
  }
}

// ---- Blocks of 256 ----

INLINE void rows_of_q4_K(
  float *out, const float *x, const void *weights, long outputs, long inputs, float *scratch) {
  const block_q4_K *block = weights;
  float *spread = scratch, *sums = spread + inputs;
  spread_activations(spread, x, inputs, 8);
  block_sums(sums, x, inputs, 32, -1);
  for (long o = 0; o < outputs; o++) {
    lanes sum = {0};
    for (long b = 0; b < inputs / 256; b++, block++) {
      float scales[8], mins[8];
      unpack_scales(block->scales, from_f16(block->d), from_f16(block->dmin), scales, mins);
      sum += LOAD(lanes, mins) * LOAD(lanes, sums + b * 8);
      for (int s = 0; s < 8; s++) {
        words fields = LOAD(words, block->q + 32 * (s / 2)) >> 4 * (s % 2) & 0x0F0F0F0F;
        sum += field_product(fields, 8, spread + b * 256 + s * 32) * scales[s];
      }
    }
    out[o] = sum_of(sum);
  }
}

INLINE void rows_of_q6_K(
  float *out, const float *x, const void *weights, long outputs, long inputs, float *scratch) {
  const block_q6_K *block = weights;
  float *spread = scratch, *sums = spread + inputs;
  spread_activations(spread, x, inputs, 8);
  block_sums(sums, x, inputs, 16, -32);
  for (long o = 0; o < outputs; o++) {
    lanes sum = {0};
    for (long b = 0; b < inputs / 256; b++, block++) {
      float scales[16], d = from_f16(block->d);
      for (int half = 0; half < 16; half += LANES) {
        lanes scale = __builtin_convertvector(LOAD(signed_bytes, block->scales + half), lanes) * d;
        STORE(lanes, scales + half) = scale;
        sum += scale * LOAD(lanes, sums + b * 16 + half);
      }
      for (int s = 0; s < 8; s++) {
        int n = s / 4, k = s % 4;
        words low = LOAD(words, block->ql + 64 * n + 32 * (k % 2)) >> 4 * (k / 2) & 0x0F0F0F0F;
        words high = LOAD(words, block->qh + 32 * n) >> 2 * k & 0x03030303;
        sum += field_product(low | high << 4, 8, spread + b * 256 + s * 32) * two_scales(scales + 2 * s);
      }
    }
    out[o] = sum_of(sum);
  }
}

// ---- The kernels ----

#define ONE_ROW(format, rows)                                                                          \
  TUNE_DISPATCH void tune_one_row_##format(                                                            \
    float *out, const float *x, const void *weights, long outputs, long inputs, float *scratch) {      \
    (void)scratch;                                                                                     \
    rows;                                                                                              \
  }

ONE_ROW(f32, rows_of_numbers(out, x, weights, outputs, inputs, F32))
ONE_ROW(f16, rows_of_numbers(out, x, weights, outputs, inputs, F16))
ONE_ROW(bf16, rows_of_numbers(out, x, weights, outputs, inputs, BF16))
ONE_ROW(q8_0, rows_of_q8_0(out, x, weights, outputs, inputs, scratch))
ONE_ROW(q4_0, rows_of_nibbles(out, x, weights, outputs, inputs, sizeof(block_q4_0), SCALE_OFFSET, scratch))
ONE_ROW(q4_1, rows_of_nibbles(out, x, weights, outputs, inputs, sizeof(block_q4_1), MINIMUM_OFFSET, scratch))
ONE_ROW(q4_K, rows_of_q4_K(out, x, weights, outputs, inputs, scratch))
ONE_ROW(q6_K, rows_of_q6_K(out, x, weights, outputs, inputs, scratch))
