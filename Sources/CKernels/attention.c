// Blocked attention with an online softmax: no [tokens, tokens] matrix ever exists.
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

// The keys that a query sees, by its place among them: from seen_start to seen_end.
static inline long seen_start(const tune_attention_options *options, long place) {
  return options->is_causal && options->window > 0 && place + 1 > options->window ? place + 1 - options->window : 0;
}
static inline long seen_end(const tune_attention_options *options, long place, long key_count) {
  return options->is_causal ? place + 1 : key_count;
}

// Scales the products of a row of keys `distance` after the query, adds their biases and caps the scores.
static inline __attribute__((always_inline)) void adapt(
  float *scores, long from, long end, long distance, const tune_attention_options *options) {
  const float scale = options->scale;
  if (options->bias)
    for (long j = from; j < end; j++) scores[j] = scores[j] * scale + options->bias[distance + j];
  else
    for (long j = from; j < end; j++) scores[j] *= scale;
  if (options->softcap == 0) return;
  const float cap = options->softcap, inverse = 1.0f / cap;
#pragma clang loop vectorize(enable)
  for (long j = from; j < end; j++) scores[j] = cap * fast_tanh(scores[j] * inverse);
}

static inline bool is_adapted(const tune_attention_options *options) { return options->bias || options->softcap != 0; }

// Turns the scores of one row into weights exp(score * scale - peak) with a running peak and sum; what lies before
// `from`, and beyond `seen` up to `width`, becomes 0. Returns the factor by which what was summed before shrinks.
static inline __attribute__((always_inline)) float soften(
  float *scores, long from, long seen, long width, float scale, float *peak, float *total) {
  for (long j = 0; j < from; j++) scores[j] = -INFINITY;
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
  for (long j = 0; j < from; j++) {
    sum -= scores[j];
    scores[j] = 0;
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
  float *out, float *log_sum_exp, const float *query, const float *keys, const float *values,
  const tune_attention_options *options, long rows, long first, long key_count, long head_size, long query_stride) {
  const long wide = rounded_up(head_size, LANES);
  const bool adapts = is_adapted(options);
  const float scale = adapts ? 1.0f : options->scale;
  float sums[BLOCK * wide], scores[BLOCK * BLOCK], peak[BLOCK], total[BLOCK];
  for (long i = 0; i < rows; i++) peak[i] = -INFINITY, total[i] = 0;
  memset(sums, 0, (size_t)(rows * wide) * 4);
  const long start = seen_start(options, first) / BLOCK * BLOCK, end = seen_end(options, first + rows - 1, key_count);
  for (long k = start; k < end; k += BLOCK) {
    for (long strip = 0; strip < rows; strip += STRIP) {
      const long count = clamped(rows - strip, STRIP);
      const long seen = clamped(seen_end(options, first + strip + count - 1, key_count) - k, BLOCK);
      if (seen <= clamped(seen_start(options, first + strip) - k, BLOCK)) continue;
      const long width = rounded_up(seen, LANES);
      float *s = scores + strip * BLOCK;
      score_product(s, query + strip * query_stride, query_stride, keys + k * head_size, count, head_size, width);
      for (long i = strip; i < strip + count; i++) {
        const long from = clamped(seen_start(options, first + i) - k, BLOCK);
        const long own = clamped(seen_end(options, first + i, key_count) - k, BLOCK);
        float *row = scores + i * BLOCK;
        if (own <= from) {
          memset(row, 0, (size_t)width * 4);
          continue;
        }
        if (adapts) adapt(row, from, own, k - first - i, options);
        const float keep = soften(row, from, own, width, scale, peak + i, total + i);
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

// The softmax weights of one strip again, from the scores and each row's log-sum-exp, and the gradient of its products.
// place: of the strip's first query among the keys; k: the first key.
static inline __attribute__((always_inline)) void slope_strip(
  float *weights, float *slopes, const float *log_sum_exp, const float *mean, const tune_attention_options *options,
  float *d_bias, long count, long place, long k, long key_count, long width) {
  const bool adapts = is_adapted(options);
  const float scale = adapts ? 1.0f : options->scale, cap = options->softcap, inverse = cap != 0 ? 1.0f / cap : 0;
  for (long i = 0; i < count; i++) {
    float *w = weights + i * BLOCK, *s = slopes + i * BLOCK;
    const float shift = log_sum_exp[i], average = mean[i];
    const long from = clamped(seen_start(options, place + i) - k, width);
    const long own = clamped(seen_end(options, place + i, key_count) - k, width), distance = k - place - i;
    float capped[BLOCK];
    if (adapts) {
      adapt(w, from, own, distance, options);
      if (cap != 0)
        for (long j = 0; j < width; j++) capped[j] = 1.0f - w[j] * inverse * (w[j] * inverse);
    }
#pragma clang loop vectorize(enable)
    for (long j = 0; j < width; j++) w[j] = fast_exp(w[j] * scale - shift);
    for (long j = 0; j < from; j++) w[j] = 0;
    for (long j = own; j < width; j++) w[j] = 0;
    for (long j = 0; j < width; j++) s[j] = w[j] * (s[j] - average) * scale;
    if (!adapts) continue;
    if (cap != 0)
      for (long j = from; j < own; j++) s[j] *= capped[j];
    if (d_bias)
      for (long j = from; j < own; j++) d_bias[distance + j] += s[j];
    for (long j = 0; j < width; j++) s[j] *= options->scale;
  }
}

TUNE_DISPATCH void tune_attention_backward(
  float *d_query, float *d_key, float *d_value, float *d_bias, const float *d_out, const float *out,
  const float *log_sum_exp, const float *query, const float *keys, const float *values, const float *key_rows,
  const tune_attention_options *options, long count, long first, long key_count, long head_size, long query_stride) {
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
    // The place of the block's first query among the keys.
    const long own = first + q;
    const long start = seen_start(options, own) / BLOCK * BLOCK, end = seen_end(options, own + rows - 1, key_count);
    for (long k = start; k < end; k += BLOCK) {
      for (long strip = 0; strip < rows; strip += STRIP) {
        const long strip_rows = clamped(rows - strip, STRIP), place = own + strip;
        const long seen = clamped(seen_end(options, place + strip_rows - 1, key_count) - k, BLOCK);
        float *w = weights + strip * BLOCK, *s = slopes + strip * BLOCK;
        if (seen <= clamped(seen_start(options, place) - k, BLOCK)) {
          memset(w, 0, (size_t)(strip_rows * BLOCK) * 4);
          memset(s, 0, (size_t)(strip_rows * BLOCK) * 4);
          continue;
        }
        const long width = rounded_up(seen, LANES);
        score_product(w, query_rows + strip * wide, wide, keys + k * head_size, strip_rows, head_size, width);
        score_product(s, out_rows + strip * wide, wide, values + k * head_size, strip_rows, head_size, width);
        slope_strip(
          w, s, log_sum_exp + q + strip, mean + strip, options, d_bias, strip_rows, place, k, key_count, width);
        block_product(sums + strip * wide, wide, s, BLOCK, 1, key_rows + k * wide, wide, strip_rows, seen, wide);
      }
      const long columns = clamped(key_count - k, BLOCK);
      for (long strip = 0; strip < columns; strip += STRIP) {
        const long strip_columns = clamped(columns - strip, STRIP), key = k + strip;
        // Rows before `from` see none of the strip's keys, and neither do those from `last` on.
        const long from = options->is_causal ? clamped(key - own, rows) : 0;
        const bool slides = options->is_causal && options->window > 0;
        const long last = slides ? clamped(key + strip_columns - 1 + options->window - own, rows) : rows;
        if (last <= from) continue;
        const float *s = slopes + from * BLOCK + strip, *w = weights + from * BLOCK + strip;
        float *dk = d_key + key * wide, *dv = d_value + key * wide;
        block_product(dk, wide, s, 1, BLOCK, query_rows + from * wide, wide, strip_columns, last - from, wide);
        block_product(dv, wide, w, 1, BLOCK, out_rows + from * wide, wide, strip_columns, last - from, wide);
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
  float *out, const float *query, const float *key, const float *value, const tune_attention_options *options,
  long key_count, long head_size, long key_stride, float *scores) {
#pragma clang fp reassociate(on)
  float largest = -INFINITY, total = 0;
  const bool adapts = is_adapted(options);
  const float scale = adapts ? 1.0f : options->scale;
  const long start = seen_start(options, key_count - 1);
  for (long k = start; k < key_count; k++) {
    float dot = 0;
    for (long j = 0; j < head_size; j++) dot += query[j] * key[k * key_stride + j];
    scores[k] = dot * scale;
  }
  if (adapts) adapt(scores, start, key_count, 1 - key_count, options);
  for (long k = start; k < key_count; k++) largest = scores[k] > largest ? scores[k] : largest;
#pragma clang loop vectorize(enable)
  for (long k = start; k < key_count; k++) total += scores[k] = fast_exp(scores[k] - largest);
  for (long j = 0; j < head_size; j++) out[j] = 0;
  for (long k = start; k < key_count; k++) {
    float weight = scores[k] / total;
    for (long j = 0; j < head_size; j++) out[j] += weight * value[k * key_stride + j];
  }
}
