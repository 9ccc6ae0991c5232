// Blocked causal attention with an online softmax: no [tokens, tokens] matrix ever exists.
// Source: Dao et al., "FlashAttention", 2022 (forward and recomputing gradient), here for one head at a time.
#include "dispatch.h"
#include "kernels.h"
#include "vector_math.h"
#pragma clang fp contract(fast)

// Blocks of queries by blocks of keys; inside, strips of rows skip the keys that none of them sees.
enum { BLOCK = TUNE_ATTENTION_BLOCK, STRIP = 16, LANES = 16 };
typedef float lanes __attribute__((vector_size(4 * LANES), aligned(4)));

static inline long rounded_up(long size, long unit) { return (size + unit - 1) / unit * unit; }
static inline long clamped(long value, long most) { return value < 0 ? 0 : value < most ? value : most; }

long tune_attention_packed_size(long key_count, long head_size) {
  return rounded_up(key_count, BLOCK) * rounded_up(head_size, LANES);
}

void tune_attention_pack_rows(float *out, const float *in, long count, long head_size, long stride) {
  const long wide = rounded_up(head_size, LANES), padded = rounded_up(count, BLOCK);
  for (long i = 0; i < padded; i++, out += wide) {
    const long copied = i < count ? head_size : 0;
    if (copied) memcpy(out, in + i * stride, (size_t)copied * 4);
    memset(out + copied, 0, (size_t)(wide - copied) * 4);
  }
}

void tune_attention_pack_columns(float *out, const float *in, long count, long head_size, long stride) {
  for (long start = 0; start < count; start += BLOCK) {
    const long rows = clamped(count - start, BLOCK);
    for (long j = 0; j < head_size; j++, out += BLOCK) {
      for (long i = 0; i < rows; i++) out[i] = in[(start + i) * stride + j];
      for (long i = rows; i < BLOCK; i++) out[i] = 0;
    }
  }
}

// c[m, n] += a * b, where a(i, k) = a[i * row_step + k * inner_step] and b: [inner, n]; n is a multiple of LANES.
static inline __attribute__((always_inline)) void block_product(
  float *c, long c_stride, const float *a, long row_step, long inner_step, const float *b, long b_stride, long m,
  long inner, long n) {
  for (long j = 0; j < n; j += LANES) {
    long i = 0;
    for (; i + 4 <= m; i += 4) {
      const float *a0 = a + i * row_step, *a1 = a0 + row_step, *a2 = a1 + row_step, *a3 = a2 + row_step;
      float *c0 = c + i * c_stride + j;
      lanes s0 = *(lanes *)c0, s1 = *(lanes *)(c0 + c_stride), s2 = *(lanes *)(c0 + 2 * c_stride),
            s3 = *(lanes *)(c0 + 3 * c_stride);
      for (long k = 0; k < inner; k++) {
        lanes column = *(const lanes *)(b + k * b_stride + j);
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
      for (long k = 0; k < inner; k++) s += *(const lanes *)(b + k * b_stride + j) * a[i * row_step + k * inner_step];
      *(lanes *)(c + i * c_stride + j) = s;
    }
  }
}

// scores[m, BLOCK] = a * b for the columns that are seen; a: [m, head_size], b: [head_size, BLOCK].
static inline __attribute__((always_inline)) void score_product(
  float *scores, const float *a, long a_stride, const float *b, long m, long head_size, long seen) {
  for (long i = 0; i < m; i++) memset(scores + i * BLOCK, 0, (size_t)seen * 4);
  block_product(scores, BLOCK, a, a_stride, 1, b, BLOCK, m, head_size, seen);
}

// Turns the scores of one row into weights exp(score * scale - peak) with a running peak and sum; what lies beyond
// `seen` up to `width` becomes 0. Returns the factor by which what was summed before shrinks.
static inline __attribute__((always_inline)) float soften(
  float *scores, long seen, long width, float scale, float *peak, float *total) {
  for (long j = seen; j < width; j++) scores[j] = -INFINITY;
  lanes high = *(lanes *)scores;
  for (long j = LANES; j < width; j += LANES) high = __builtin_elementwise_max(high, *(lanes *)(scores + j));
  float largest = *peak;
  for (long j = 0; j < LANES; j++) largest = high[j] * scale > largest ? high[j] * scale : largest;
  float sum = 0;
  {
#pragma clang fp reassociate(on)
#pragma clang loop vectorize(enable)
    for (long j = 0; j < width; j++) sum += scores[j] = fast_exp(scores[j] * scale - largest);
  }
  for (long j = seen; j < width; j++) {
    sum -= scores[j];
    scores[j] = 0;
  }
  const float keep = *peak == largest ? 1.0f : fast_exp(*peak - largest);
  *peak = largest;
  *total = *total * keep + sum;
  return keep;
}

TUNE_DISPATCH void tune_attention_forward(
  float *out, float *log_sum_exp, const float *query, const float *keys, const float *values, float scale, long rows,
  long visible, long head_size, long query_stride) {
  const long wide = rounded_up(head_size, LANES);
  float sums[BLOCK * wide], scores[BLOCK * BLOCK], peak[BLOCK], total[BLOCK];
  for (long i = 0; i < rows; i++) peak[i] = -INFINITY, total[i] = 0;
  memset(sums, 0, (size_t)(rows * wide) * 4);
  for (long k = 0; k < visible + rows - 1; k += BLOCK) {
    for (long strip = 0; strip < rows; strip += STRIP) {
      const long count = clamped(rows - strip, STRIP), seen = clamped(visible + strip + count - 1 - k, BLOCK);
      if (seen == 0) continue;
      const long width = rounded_up(seen, LANES);
      float *s = scores + strip * BLOCK;
      score_product(s, query + strip * query_stride, query_stride, keys + k * head_size, count, head_size, width);
      for (long i = strip; i < strip + count; i++) {
        const long own = clamped(visible + i - k, BLOCK);
        float *row = scores + i * BLOCK;
        if (own == 0) {
          memset(row, 0, (size_t)width * 4);
          continue;
        }
        const float keep = soften(row, own, width, scale, peak + i, total + i);
        if (keep != 1.0f)
          for (long j = 0; j < wide; j++) sums[i * wide + j] *= keep;
      }
      block_product(sums + strip * wide, wide, s, BLOCK, 1, values + k * wide, wide, count, seen, wide);
    }
  }
  for (long i = 0; i < rows; i++) {
    const float inverse = 1.0f / total[i];
    for (long j = 0; j < head_size; j++) out[i * query_stride + j] = sums[i * wide + j] * inverse;
    if (log_sum_exp) log_sum_exp[i] = peak[i] + logf(total[i]);
  }
}

// The softmax weights of one strip again, from the scores and each row's log-sum-exp, and the gradient of its scores.
static inline __attribute__((always_inline)) void slope_strip(
  float *weights, float *slopes, const float *log_sum_exp, const float *mean, float scale, long count, long first,
  long width) {
  for (long i = 0; i < count; i++) {
    float *w = weights + i * BLOCK, *s = slopes + i * BLOCK;
    const float shift = log_sum_exp[i], average = mean[i];
#pragma clang loop vectorize(enable)
    for (long j = 0; j < width; j++) w[j] = fast_exp(w[j] * scale - shift);
    for (long j = clamped(first + i, width); j < width; j++) w[j] = 0;
    for (long j = 0; j < width; j++) s[j] = w[j] * (s[j] - average) * scale;
  }
}

TUNE_DISPATCH void tune_attention_backward(
  float *d_query, float *d_key, float *d_value, const float *d_out, const float *out, const float *log_sum_exp,
  const float *query, const float *keys, const float *values, const float *key_rows, float scale, long count,
  long head_size, long query_stride) {
  const long wide = rounded_up(head_size, LANES);
  float query_rows[BLOCK * wide], out_rows[BLOCK * wide], sums[BLOCK * wide];
  float weights[BLOCK * BLOCK], slopes[BLOCK * BLOCK], mean[BLOCK];
  for (long q = 0; q < count; q += BLOCK) {
    const long rows = clamped(count - q, BLOCK);
    const float *q_in = query + q * query_stride, *dy = d_out + q * query_stride, *y = out + q * query_stride;
    tune_attention_pack_rows(query_rows, q_in, rows, head_size, query_stride);
    tune_attention_pack_rows(out_rows, dy, rows, head_size, query_stride);
    for (long i = 0; i < rows; i++) {
#pragma clang fp reassociate(on)
      float dot = 0;
      for (long j = 0; j < head_size; j++) dot += dy[i * query_stride + j] * y[i * query_stride + j];
      mean[i] = dot;
    }
    memset(sums, 0, (size_t)(rows * wide) * 4);
    for (long k = 0; k <= q; k += BLOCK) {
      for (long strip = 0; strip < rows; strip += STRIP) {
        const long strip_rows = clamped(rows - strip, STRIP), seen = clamped(q + strip + strip_rows - k, BLOCK);
        const long width = rounded_up(seen, LANES);
        float *w = weights + strip * BLOCK, *s = slopes + strip * BLOCK;
        score_product(w, query_rows + strip * wide, wide, keys + k * head_size, strip_rows, head_size, width);
        score_product(s, out_rows + strip * wide, wide, values + k * head_size, strip_rows, head_size, width);
        slope_strip(w, s, log_sum_exp + q + strip, mean + strip, scale, strip_rows, q + strip - k + 1, width);
        block_product(sums + strip * wide, wide, s, BLOCK, 1, key_rows + k * wide, wide, strip_rows, seen, wide);
      }
      const long columns = clamped(count - k, BLOCK);
      for (long strip = 0; strip < columns; strip += STRIP) {
        // Rows before `first` see none of the strip's keys.
        const long strip_columns = clamped(columns - strip, STRIP), first = clamped(k + strip - q, rows);
        const float *s = slopes + first * BLOCK + strip, *w = weights + first * BLOCK + strip;
        float *dk = d_key + (k + strip) * wide, *dv = d_value + (k + strip) * wide;
        block_product(dk, wide, s, 1, BLOCK, query_rows + first * wide, wide, strip_columns, rows - first, wide);
        block_product(dv, wide, w, 1, BLOCK, out_rows + first * wide, wide, strip_columns, rows - first, wide);
      }
    }
    for (long i = 0; i < rows; i++)
      memcpy(d_query + (q + i) * query_stride, sums + i * wide, (size_t)head_size * 4);
  }
}

TUNE_DISPATCH void tune_attention_sum_parts(
  float *out, long stride, const float *parts, long part_count, long part_size, long rows, long head_size) {
  const long wide = rounded_up(head_size, LANES);
  for (long i = 0; i < rows; i++) {
    memcpy(out + i * stride, parts + i * wide, (size_t)head_size * 4);
    for (long part = 1; part < part_count; part++)
      for (long j = 0; j < head_size; j++) out[i * stride + j] += parts[part * part_size + i * wide + j];
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
