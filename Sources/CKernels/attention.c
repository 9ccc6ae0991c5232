// Blocked causal attention with an online softmax: no [tokens, tokens] matrix ever exists.
// Source: Dao et al., "FlashAttention", 2022 (forward and recomputing gradient), here for one head at a time.
#include "dispatch.h"
#include "kernels.h"
#include "vector_math.h"
#pragma clang fp contract(fast)

enum { BLOCK = 64, LANES = 16 };
typedef float lanes __attribute__((vector_size(4 * LANES), aligned(4)));

static inline long padded(long size) { return (size + LANES - 1) / LANES * LANES; }
static inline long smaller(long a, long b) { return a < b ? a : b; }

// Keys transposed, values (both orders), scores, score gradients, one query block's output and statistics.
long tune_attention_scratch(long head_size) { return 6 * BLOCK * padded(head_size) + 2 * BLOCK * BLOCK + 4 * BLOCK; }

// c[m, n] += a * b, where a(i, k) = a[i * row_step + k * inner_step] and b: [inner, n]; n is a multiple of LANES.
static inline __attribute__((always_inline)) void block_product(
  float *c, long c_stride, const float *a, long row_step, long inner_step, const float *b, long m, long inner, long n) {
  for (long j = 0; j < n; j += LANES) {
    long i = 0;
    for (; i + 4 <= m; i += 4) {
      const float *a0 = a + i * row_step, *a1 = a0 + row_step, *a2 = a1 + row_step, *a3 = a2 + row_step;
      float *c0 = c + i * c_stride + j;
      lanes s0 = *(lanes *)c0, s1 = *(lanes *)(c0 + c_stride), s2 = *(lanes *)(c0 + 2 * c_stride),
            s3 = *(lanes *)(c0 + 3 * c_stride);
      for (long k = 0; k < inner; k++) {
        lanes column = *(const lanes *)(b + k * n + j);
        s0 += column * a0[k * inner_step];
        s1 += column * a1[k * inner_step];
        s2 += column * a2[k * inner_step];
        s3 += column * a3[k * inner_step];
      }
      *(lanes *)c0 = s0;
      *(lanes *)(c0 + c_stride) = s1;
      *(lanes *)(c0 + 2 * c_stride) = s2;
      *(lanes *)(c0 + 3 * c_stride) = s3;
    }
    for (; i < m; i++) {
      lanes s = *(lanes *)(c + i * c_stride + j);
      for (long k = 0; k < inner; k++) s += *(const lanes *)(b + k * n + j) * a[i * row_step + k * inner_step];
      *(lanes *)(c + i * c_stride + j) = s;
    }
  }
}

// Copies `count` rows of `width` into rows of `wide`, padding with zeros.
static inline void pack_rows(float *out, const float *in, long count, long width, long stride, long wide) {
  for (long i = 0; i < count; i++) {
    memcpy(out + i * wide, in + i * stride, (size_t)width * 4);
    for (long j = width; j < wide; j++) out[i * wide + j] = 0;
  }
}

// The transpose of `count` rows as [width, BLOCK], padding with zeros.
static inline void pack_columns(float *out, const float *in, long count, long width, long stride) {
  for (long i = 0; i < count; i++)
    for (long j = 0; j < width; j++) out[j * BLOCK + i] = in[i * stride + j];
  for (long j = 0; j < width; j++)
    for (long i = count; i < BLOCK; i++) out[j * BLOCK + i] = 0;
}

TUNE_DISPATCH void tune_attention_forward(
  float *out, float *log_sum_exp, const float *query, const float *key, const float *value, float scale,
  long query_count, long key_count, long head_size, long query_stride, long key_stride, float *scratch) {
  const long wide = padded(head_size), shift = key_count - query_count;
  float *keys = scratch, *values = keys + BLOCK * wide, *sums = values + BLOCK * wide, *scores = sums + BLOCK * wide;
  float *largest = scores + BLOCK * BLOCK, *total = largest + BLOCK;
  for (long q = 0; q < query_count; q += BLOCK) {
    const long rows = smaller(BLOCK, query_count - q), visible = q + rows + shift;
    for (long i = 0; i < rows; i++) largest[i] = -INFINITY, total[i] = 0;
    memset(sums, 0, (size_t)(rows * wide) * 4);
    for (long k = 0; k < visible; k += BLOCK) {
      const long columns = smaller(BLOCK, visible - k);
      pack_columns(keys, key + k * key_stride, columns, head_size, key_stride);
      pack_rows(values, value + k * key_stride, columns, head_size, key_stride, wide);
      memset(scores, 0, (size_t)(rows * BLOCK) * 4);
      block_product(scores, BLOCK, query + q * query_stride, query_stride, 1, keys, rows, head_size, BLOCK);
      for (long i = 0; i < rows; i++) {
        float *s = scores + i * BLOCK;
        const long seen = smaller(columns, q + i + shift - k + 1);
        if (seen <= 0) {
          memset(s, 0, BLOCK * 4);
          continue;
        }
        float peak = largest[i];
        for (long j = 0; j < seen; j++) {
          s[j] *= scale;
          peak = s[j] > peak ? s[j] : peak;
        }
        for (long j = seen; j < BLOCK; j++) s[j] = -INFINITY;
        float sum = 0;
        {
#pragma clang fp reassociate(on)
#pragma clang loop vectorize(enable)
          for (long j = 0; j < BLOCK; j++) sum += s[j] = fast_exp(s[j] - peak);
        }
        for (long j = seen; j < BLOCK; j++) {
          sum -= s[j];
          s[j] = 0;
        }
        const float keep = largest[i] == peak ? 1.0f : fast_exp(largest[i] - peak);
        largest[i] = peak;
        total[i] = total[i] * keep + sum;
        if (keep != 1.0f)
          for (long j = 0; j < wide; j++) sums[i * wide + j] *= keep;
      }
      block_product(sums, wide, scores, BLOCK, 1, values, rows, columns, wide);
    }
    for (long i = 0; i < rows; i++) {
      const float inverse = 1.0f / total[i];
      for (long j = 0; j < head_size; j++) out[(q + i) * query_stride + j] = sums[i * wide + j] * inverse;
      if (log_sum_exp) log_sum_exp[q + i] = largest[i] + logf(total[i]);
    }
  }
}

TUNE_DISPATCH void tune_attention_backward(
  float *d_query, float *d_key, float *d_value, const float *d_out, const float *out, const float *log_sum_exp,
  const float *query, const float *key, const float *value, float scale, long count, long head_size,
  long query_stride, long key_stride, float *scratch) {
  const long wide = padded(head_size);
  float *keys = scratch, *values = keys + BLOCK * wide, *rows_in = values + BLOCK * wide;
  float *rows_out = rows_in + BLOCK * wide, *key_sums = rows_out + BLOCK * wide, *query_sums = key_sums + BLOCK * wide;
  float *weights = query_sums + BLOCK * wide, *slopes = weights + BLOCK * BLOCK, *delta = slopes + BLOCK * BLOCK;
  for (long q = 0; q < count; q += BLOCK) {
    const long rows = smaller(BLOCK, count - q);
    const float *q_in = query + q * query_stride, *dy = d_out + q * query_stride;
    for (long i = 0; i < rows; i++) {
      float dot = 0;
      for (long j = 0; j < head_size; j++) dot += dy[i * query_stride + j] * out[(q + i) * query_stride + j];
      delta[i] = dot;
    }
    memset(query_sums, 0, (size_t)(rows * wide) * 4);
    for (long k = 0; k <= q; k += BLOCK) {
      const long columns = smaller(BLOCK, count - k);
      // Recomputed: weights = softmax(scores).
      pack_columns(keys, key + k * key_stride, columns, head_size, key_stride);
      memset(weights, 0, (size_t)(rows * BLOCK) * 4);
      block_product(weights, BLOCK, q_in, query_stride, 1, keys, rows, head_size, BLOCK);
      // slopes = d_out * value^T, then the softmax's gradient.
      pack_columns(values, value + k * key_stride, columns, head_size, key_stride);
      memset(slopes, 0, (size_t)(rows * BLOCK) * 4);
      block_product(slopes, BLOCK, dy, query_stride, 1, values, rows, head_size, BLOCK);
      for (long i = 0; i < rows; i++) {
        float *w = weights + i * BLOCK, *s = slopes + i * BLOCK;
        const long seen = smaller(columns, q + i - k + 1);
        const float shift = log_sum_exp[q + i], mean = delta[i];
#pragma clang loop vectorize(enable)
        for (long j = 0; j < BLOCK; j++) w[j] = fast_exp(w[j] * scale - shift);
        for (long j = seen > 0 ? seen : 0; j < BLOCK; j++) w[j] = 0;
        for (long j = 0; j < BLOCK; j++) s[j] = w[j] * (s[j] - mean) * scale;
      }
      pack_rows(rows_in, key + k * key_stride, columns, head_size, key_stride, wide);
      block_product(query_sums, wide, slopes, BLOCK, 1, rows_in, rows, columns, wide);
      pack_rows(rows_in, q_in, rows, head_size, query_stride, wide);
      memset(key_sums, 0, (size_t)(columns * wide) * 4);
      block_product(key_sums, wide, slopes, 1, BLOCK, rows_in, columns, rows, wide);
      for (long i = 0; i < columns; i++)
        for (long j = 0; j < head_size; j++) d_key[(k + i) * key_stride + j] += key_sums[i * wide + j];
      pack_rows(rows_out, dy, rows, head_size, query_stride, wide);
      memset(key_sums, 0, (size_t)(columns * wide) * 4);
      block_product(key_sums, wide, weights, 1, BLOCK, rows_out, columns, rows, wide);
      for (long i = 0; i < columns; i++)
        for (long j = 0; j < head_size; j++) d_value[(k + i) * key_stride + j] += key_sums[i * wide + j];
    }
    for (long i = 0; i < rows; i++)
      memcpy(d_query + (q + i) * query_stride, query_sums + i * wide, (size_t)head_size * 4);
  }
}

TUNE_DISPATCH void tune_attention_decode(
  float *out, const float *query, const float *key, const float *value, float scale, long key_count, long head_size,
  long key_stride, float *scores) {
#pragma clang fp reassociate(on)
  float largest = -INFINITY, total = 0;
  for (long k = 0; k < key_count; k++) {
    float dot = 0;
    for (long j = 0; j < head_size; j++) dot += query[j] * key[k * key_stride + j];
    scores[k] = dot * scale;
    largest = scores[k] > largest ? scores[k] : largest;
  }
#pragma clang loop vectorize(enable)
  for (long k = 0; k < key_count; k++) total += scores[k] = fast_exp(scores[k] - largest);
  for (long j = 0; j < head_size; j++) out[j] = 0;
  for (long k = 0; k < key_count; k++) {
    float weight = scores[k] / total;
    for (long j = 0; j < head_size; j++) out[j] += weight * value[k * key_stride + j];
  }
}
