#include "dispatch.h"
#include "kernels.h"
#include "vector_math.h"
#pragma clang fp reassociate(on) contract(fast)

// log of the sum of exp(x * factor).
static inline __attribute__((always_inline)) double log_sum(const float *x, float factor, long count) {
  float largest = x[0];
  for (long i = 1; i < count; i++) largest = x[i] > largest ? x[i] : largest;
  double sum = 0;
  // Partial sums of 1,024 keep float32 rounding below 1e-6 for vocabularies of any size.
  for (long start = 0; start < count; start += 1024) {
    long end = start + 1024 < count ? start + 1024 : count;
    float partial = 0;
#pragma clang loop vectorize(enable)
    for (long i = start; i < end; i++) partial += fast_exp((x[i] - largest) * factor);
    sum += partial;
  }
  return log(sum) + (double)largest * factor;
}

TUNE_DISPATCH void tune_distillation(
  float *row_losses, float *row_divergences, float *logits, const float *reference, const int32_t *targets,
  float hard, float soft, float temperature, float scale, long rows, long vocabulary, long reference_vocabulary) {
  const float inverse = 1.0f / temperature;
  const long shared = vocabulary < reference_vocabulary ? vocabulary : reference_vocabulary;
  for (long row = 0; row < rows; row++) {
    float *x = logits + row * vocabulary;
    const float *t = reference + row * reference_vocabulary;
    const double own = log_sum(x, 1, vocabulary);
    const float plain = (float)own, target_logit = x[targets[row]];
    const float softened = temperature == 1 && shared == vocabulary ? plain : (float)log_sum(x, inverse, shared);
    const float referred = (float)log_sum(t, inverse, shared);
    // Divergence of the parts: q (log q - log p) sums to what is wanted, as both distributions sum to 1.
    double divergence = 0;
    for (long start = 0; start < shared; start += 1024) {
      long end = start + 1024 < shared ? start + 1024 : shared;
      float partial = 0;
#pragma clang loop vectorize(enable)
      for (long i = start; i < end; i++) {
        const float log_q = t[i] * inverse - referred, log_p = x[i] * inverse - softened;
        partial += fast_exp(log_q) * (log_q - log_p);
      }
      divergence += partial;
    }
    row_losses[row] = (float)(own - target_logit);
    row_divergences[row] = divergence > 0 ? (float)divergence : 0;
    if (scale == 0) continue;
    const float h = scale * hard, s = scale * soft * temperature;
    if (temperature == 1 && shared == vocabulary) {
#pragma clang loop vectorize(enable)
      for (long i = 0; i < vocabulary; i++) x[i] = (h + s) * fast_exp(x[i] - plain) - s * fast_exp(t[i] - referred);
    } else {
#pragma clang loop vectorize(enable)
      for (long i = 0; i < shared; i++) {
        x[i] = h * fast_exp(x[i] - plain) +
               s * (fast_exp(x[i] * inverse - softened) - fast_exp(t[i] * inverse - referred));
      }
      for (long i = shared; i < vocabulary; i++) x[i] = h * fast_exp(x[i] - plain);
    }
    x[targets[row]] -= h;
  }
}
