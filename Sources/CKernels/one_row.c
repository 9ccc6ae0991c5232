// Products of one activation row with weights in their storage format, unpacked in registers.
#include "blocks.h"
#include "dispatch.h"
#include "few_rows.h"
#pragma clang fp contract(fast)
// Vectors pass between inlined functions only, so no calling convention is concerned.
#pragma clang diagnostic ignored "-Wpsabi"

enum { LANES = 8 };
typedef float lanes __attribute__((vector_size(4 * LANES), aligned(1)));
typedef float two_floats __attribute__((vector_size(8), aligned(1)));
typedef float four_floats __attribute__((vector_size(16), aligned(1)));
typedef int32_t ints __attribute__((vector_size(4 * LANES), aligned(1)));
typedef uint32_t words __attribute__((vector_size(4 * LANES), aligned(1)));
typedef uint32_t four_words __attribute__((vector_size(16), aligned(1)));
typedef uint16_t shorts __attribute__((vector_size(2 * LANES), aligned(1)));
typedef int8_t bytes __attribute__((vector_size(LANES), aligned(1)));

#define LOAD(type, from) (*(const type *)(from))
#define STORE(type, to) (*(type *)(to))

INLINE float sum_of(lanes v) {
  four_floats half = __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
  half += __builtin_shufflevector(half, half, 2, 3, 0, 1);
  return half[0] + half[1];
}

// Finite float16 in the high halves of words: exponent and mantissa moved into place and a factor for the exponent's
// bias. Slow where the product meets a subnormal, which weights seldom are.
INLINE lanes from_finite_f16(words high) { return (lanes)((words)((ints)high >> 3) & 0x8FFFE000) * 0x1p112f; }

// The same at one speed. With the bias of the next exponent and less what the leading one then adds, subnormals come
// out right and others too large: the smaller is the value, and numbers above 0 compare as their bits.
INLINE lanes from_subnormal_f16(words high) {
  words magnitude = (high & 0x7FFF0000) >> 3;
  ints normal = (ints)(magnitude + ((127 - 15) << 23));
  ints subnormal = (ints)((lanes)(magnitude + ((127 - 14) << 23)) - 0x1p-14f);
  return (lanes)((words)__builtin_elementwise_min(normal, subnormal) | (high & 0x80000000));
}

// ---- Plain numbers ----

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

// Row after row, each in order: what a processor prefetches best.
INLINE void numbers(float *out, const float *x, const char *row, long outputs, long inputs, number kind) {
  const long size = kind == F32 ? 4 : 2;
  for (long o = 0; o < outputs; o++, row += inputs * size) {
    lanes sums[4] = {0};
    long i = 0;
    for (; i + 4 * LANES <= inputs; i += 4 * LANES)
      for (int k = 0; k < 4; k++)
        sums[k] += load_numbers(row + (i + k * LANES) * size, kind) * LOAD(lanes, x + i + k * LANES);
    for (; i + LANES <= inputs; i += LANES) sums[0] += load_numbers(row + i * size, kind) * LOAD(lanes, x + i);
    float sum = sum_of((sums[0] + sums[1]) + (sums[2] + sums[3]));
#pragma clang loop vectorize(disable)
    for (; i < inputs; i++) sum += load_number(row + i * size, kind) * x[i];
    out[o] = sum;
  }
}

// ---- Packed fields ----

// The inner product of the fields of eight words with activations, without moving fields apart. Let P_k be the lowest k
// fields of a word read as one number, which takes a single AND; field k is (P_k+1 - P_k) / 2^(width * k), so the sum
// of field k times x_k is that of P_k times x_k-1 / 2^(width * (k - 1)) - x_k / 2^(width * k). These factors are made
// once a call (`spread_activations`). P_k stays below 2^24, where float32 is exact; the top byte is taken likewise.
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

// factor * the sums of `count` activations each.
INLINE void block_sums(float *sums, const float *x, long inputs, int count, float factor) {
  for (long start = 0; start < inputs; start += count) {
    lanes sum = LOAD(lanes, x + start);
    for (int i = LANES; i < count; i += LANES) sum += LOAD(lanes, x + start + i);
    *sums++ = sum_of(sum) * factor;
  }
}

// Two neighbouring scales, each for four lanes.
INLINE lanes two_scales(const float *scales) {
  two_floats v = LOAD(two_floats, scales);
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

// The scales of eight blocks of `size` bytes; adds the products of eight `sums` from `first` on with the scales or the
// minima.
INLINE void read_eight_scales(
  float *scales, const char *block, long size, offset kind, const float *sums, long first, lanes *products) {
  words heads = {head_of(block),            head_of(block + size),     head_of(block + 2 * size),
                 head_of(block + 3 * size), head_of(block + 4 * size), head_of(block + 5 * size),
                 head_of(block + 6 * size), head_of(block + 7 * size)};
  // Steps of 8 bits may be subnormal in a matrix of small weights, steps of 4 bits hardly.
  lanes scale = kind == NO_OFFSET ? from_subnormal_f16(heads << 16) : from_finite_f16(heads << 16);
  STORE(lanes, scales) = scale;
  if (kind == SCALE_OFFSET) *products += scale * LOAD(lanes, sums + first);
  if (kind == MINIMUM_OFFSET) *products += from_finite_f16(heads) * LOAD(lanes, sums + first);
}

// The scales of a row of at least eight blocks. Returns the products of `sums` with the scales or the minima. The last
// eight blocks are read together, some of them again; their sums follow those of all, the repeated ones as 0.
INLINE lanes read_scales(float *scales, const char *row, long blocks, long size, offset kind, const float *sums) {
  lanes products = {0};
  for (long b = 0; b + LANES <= blocks; b += LANES)
    read_eight_scales(scales + b, row + b * size, size, kind, sums, b, &products);
  const long last = blocks - LANES;
  if (blocks % LANES)
    read_eight_scales(scales + last, row + last * size, size, kind, sums, blocks, &products);
  return products;
}

// `rows` weight rows at once, so that more of the weights are on their way from memory.
INLINE void q8_0_rows(float *out, const float *x, const char *row, long blocks, float *scratch, int rows) {
  const long size = sizeof(block_q8_0), row_bytes = blocks * size;
  lanes sums[4];
  for (int r = 0; r < rows; r++)
    sums[r] = read_scales(scratch + r * blocks, row + r * row_bytes, blocks, size, NO_OFFSET, 0);
  for (long b = 0; b < blocks; b++, row += size, x += 32) {
    for (int r = 0; r < rows; r++) {
      const int8_t *q = ((const block_q8_0 *)(row + r * row_bytes))->q;
      lanes products[2] = {0};
      for (int k = 0; k < 4; k++)
        products[k % 2] += __builtin_convertvector(LOAD(bytes, q + k * LANES), lanes) * LOAD(lanes, x + k * LANES);
      sums[r] += (products[0] + products[1]) * scratch[r * blocks + b];
    }
  }
  for (int r = 0; r < rows; r++) out[r] = sum_of(sums[r]);
}

INLINE void q8_0(float *out, const float *x, const char *row, long outputs, long inputs, float *scratch) {
  const long blocks = inputs / 32, row_bytes = blocks * (long)sizeof(block_q8_0);
  long o = 0;
  for (; o + 4 <= outputs; o += 4) q8_0_rows(out + o, x, row + o * row_bytes, blocks, scratch, 4);
  for (; o < outputs; o++) q8_0_rows(out + o, x, row + o * row_bytes, blocks, scratch, 1);
}

// Two blocks of q4_0 or q4_1 by their nibbles.
INLINE lanes two_blocks(const char *nibbles, const char *next, const float *spread, const float *scales) {
  words fields = __builtin_shufflevector(
    LOAD(four_words, nibbles), LOAD(four_words, next), 0, 1, 2, 3, 4, 5, 6, 7);
  return field_product(fields, 4, spread) * two_scales(scales);
}

INLINE void nibbles(
  float *out, const float *x, const char *row, long outputs, long inputs, long size, offset kind, float *scratch) {
  const long blocks = inputs / 32;
  float *spread = scratch, *sums = spread + (blocks + 1) / 2 * 64, *scales = sums + blocks + LANES;
  spread_activations(spread, x, inputs, 4);
  block_sums(sums, x, inputs, 32, kind == SCALE_OFFSET ? -8 : 1);
  for (long i = 0; i < LANES; i++) sums[blocks + i] = i < LANES - blocks % LANES ? 0 : sums[blocks - LANES + i];
  scales[blocks] = 0;
  for (long o = 0; o < outputs; o++, row += blocks * size) {
    lanes sum = read_scales(scales, row, blocks, size, kind, sums);
    const char *q = row + size - 16;
    long b = 0;
    for (; b + 2 <= blocks; b += 2, q += 2 * size) sum += two_blocks(q, q + size, spread + b * 32, scales + b);
    if (b < blocks) sum += two_blocks(q, q, spread + b * 32, scales + b);
    out[o] = sum_of(sum);
  }
}

// ---- Blocks of 256 ----

INLINE void q4_K(float *out, const float *x, const block_q4_K *block, long outputs, long inputs, float *scratch) {
  float *spread = scratch, *sums = spread + inputs;
  spread_activations(spread, x, inputs, 8);
  block_sums(sums, x, inputs, 32, -1);
  for (long o = 0; o < outputs; o++) {
    lanes sum = {0};
    for (long b = 0; b < inputs / 256; b++, block++) {
      sub_block_scales unpacked = unpack_scales(block->scales);
      lanes scales = __builtin_convertvector((bytes)unpacked.scales, lanes) * scale_from_f16(block->d);
      lanes mins = __builtin_convertvector((bytes)unpacked.mins, lanes) * scale_from_f16(block->dmin);
      sum += mins * LOAD(lanes, sums + b * 8);
      for (int s = 0; s < 8; s++) {
        words fields = LOAD(words, block->q + 32 * (s / 2)) >> 4 * (s % 2) & 0x0F0F0F0F;
        sum += field_product(fields, 8, spread + b * 256 + s * 32) * scales[s];
      }
    }
    out[o] = sum_of(sum);
  }
}

INLINE void q6_K(float *out, const float *x, const block_q6_K *block, long outputs, long inputs, float *scratch) {
  float *spread = scratch, *sums = spread + inputs;
  spread_activations(spread, x, inputs, 8);
  block_sums(sums, x, inputs, 16, -32);
  for (long o = 0; o < outputs; o++) {
    lanes sum = {0};
    for (long b = 0; b < inputs / 256; b++, block++) {
      float scales[16], d = scale_from_f16(block->d);
      for (int half = 0; half < 16; half += LANES) {
        lanes scale = __builtin_convertvector(LOAD(bytes, block->scales + half), lanes) * d;
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

#define ONE_ROW(format, product)                                                                  \
  TUNE_DISPATCH void tune_one_row_##format(                                                       \
    float *out, const float *x, const void *weights, long outputs, long inputs, float *scratch) { \
    (void)scratch;                                                                                \
    product;                                                                                      \
  }

ONE_ROW(f32, numbers(out, x, weights, outputs, inputs, F32))
ONE_ROW(f16, numbers(out, x, weights, outputs, inputs, F16))
ONE_ROW(bf16, numbers(out, x, weights, outputs, inputs, BF16))
ONE_ROW(q8_0, q8_0(out, x, weights, outputs, inputs, scratch))
ONE_ROW(q4_0, nibbles(out, x, weights, outputs, inputs, sizeof(block_q4_0), SCALE_OFFSET, scratch))
ONE_ROW(q4_1, nibbles(out, x, weights, outputs, inputs, sizeof(block_q4_1), MINIMUM_OFFSET, scratch))
ONE_ROW(q4_K, q4_K(out, x, weights, outputs, inputs, scratch))
ONE_ROW(q6_K, q6_K(out, x, weights, outputs, inputs, scratch))
