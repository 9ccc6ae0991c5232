#include "dispatch.h"
#include "kernels.h"
#include "vector_math.h"
#pragma clang fp reassociate(on) contract(fast)

typedef float lanes __attribute__((vector_size(64), aligned(4)));

static inline __attribute__((always_inline)) float largest_value(const float *x, long count) {
  float largest = x[0];
  long i = 0;
  if (count >= 16) {
    lanes high = *(const lanes *)x;
    for (i = 16; i + 16 <= count; i += 16) high = __builtin_elementwise_max(high, *(const lanes *)(x + i));
    for (int lane = 0; lane < 16; lane++) largest = high[lane] > largest ? high[lane] : largest;
  }
  for (; i < count; i++) largest = x[i] > largest ? x[i] : largest;
  return largest;
}

TUNE_DISPATCH double tune_cross_entropy(
  float *row_losses, float *logits, const int32_t *targets, float scale, long rows, long vocabulary) {
  double total = 0;
  for (long row = 0; row < rows; row++) {
    float *x = logits + row * vocabulary;
    float largest = largest_value(x, vocabulary), target_logit = x[targets[row]];
    // Partial sums of 1,024 keep float32 rounding below 1e-6 for vocabularies of any size.
    double sum = 0;
    for (long start = 0; start < vocabulary; start += 1024) {
      long end = start + 1024 < vocabulary ? start + 1024 : vocabulary;
      float partial = 0;
      if (scale != 0) {
#pragma clang loop vectorize(enable)
        for (long i = start; i < end; i++) partial += x[i] = fast_exp(x[i] - largest);
      } else {
#pragma clang loop vectorize(enable)
        for (long i = start; i < end; i++) partial += fast_exp(x[i] - largest);
      }
      sum += partial;
    }
    row_losses[row] = (float)(log(sum) + largest - target_logit);
    total += log(sum) + ((double)largest - target_logit);
    if (scale != 0) {
      float factor = (float)(scale / sum);
      for (long i = 0; i < vocabulary; i++) x[i] *= factor;
      x[targets[row]] -= scale;
    }
  }
  return total;
}

TUNE_DISPATCH void tune_log_softmax(float *row, long count) {
  float largest = largest_value(row, count);
  double sum = 0;
  for (long i = 0; i < count; i++) sum += fast_exp(row[i] - largest);
  float shift = largest + (float)log(sum);
  for (long i = 0; i < count; i++) row[i] -= shift;
}

TUNE_DISPATCH void tune_softcap_forward(float *logits, float cap, long count) {
  const float inverse = 1.0f / cap;
#pragma clang loop vectorize(enable)
  for (long i = 0; i < count; i++) logits[i] = cap * fast_tanh(logits[i] * inverse);
}

TUNE_DISPATCH void tune_softcap_backward(float *gradient, const float *capped, float cap, long count) {
  const float inverse = 1.0f / cap;
  for (long i = 0; i < count; i++) {
    const float t = capped[i] * inverse;
    gradient[i] *= 1.0f - t * t;
  }
}
