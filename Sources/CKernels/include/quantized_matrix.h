// Matrices that are quantised while they are loaded, in the formats of bitsandbytes 0.50: 4-bit codes in blocks
// (Dettmers et al. 2023, "QLoRA") and 8-bit integers by rows (Dettmers et al. 2022, "LLM.int8()", without its
// decomposition of outliers). The bits are those of its functions in torch; products are rounded one by one.
//
// Values must be finite.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { TUNE_FOUR_BIT_BLOCK = 64, TUNE_SCALE_BLOCK = 256 };

// Value i of the matrix, row by row, is values[code i] * scale of block i / 64. Blocks take no notice of rows.
typedef struct {
  const uint8_t *codes;       // two a byte, the first in the high nibble
  const float *values;        // [16], what the codes stand for
  const float *scales;        // the largest magnitude of each block; NULL where scales are quantised themselves:
  const uint8_t *scale_codes; // scale b is scale_values[scale_codes[b]] * outer_scales[b / 256] + offset
  const float *scale_values;  // [256]
  const float *outer_scales;
  float offset;
} tune_four_bit_matrix;

// Value i of row r is codes[r, i] * scales[r] / 127.
typedef struct {
  const int8_t *codes;
  const float *scales;  // the largest magnitude of each row
} tune_int8_matrix;

/// Quantises `count` values from the beginning of a block on. Only the last call of a matrix may end inside a block.
/// bounds: [15], the means of neighbours among the values in rising order; order: [16], the code of each of those.
/// codes: (count + 1) / 2 bytes; scales: one for each block begun.
void quantize_four_bit(
  const float *values, size_t count, const float *bounds, const uint8_t *order, uint8_t *codes, float *scales);

/// Quantises scales less their mean, `offset`, in blocks of 256. bounds: [255], the means of neighbouring scale_values.
void quantize_scales(
  const float *scales, size_t count, float offset, const float *bounds, uint8_t *codes, float *outer_scales);

/// Rows of magnitudes below 4e-37 become zeros.
void quantize_int8(const float *values, size_t rows, size_t columns, int8_t *codes, float *scales);

/// Expands `rows` rows from row `first` on; `matrix` is a tune_four_bit_matrix or a tune_int8_matrix.
void dequantize_four_bit(const void *matrix, float *output, long first, long rows, long columns);
void dequantize_int8(const void *matrix, float *output, long first, long rows, long columns);
