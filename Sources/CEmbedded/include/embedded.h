// Files that are part of the binary.
#pragma once
#include <stddef.h>

typedef struct {
  const char *name;
  const unsigned char *bytes;
  size_t count;
} tune_embedded_file;

// The default model: config.json, model.safetensors, tokenizer.json, tokenizer_config.json; count is 0 where a build
// has no model yet (while the model itself is being made).
const tune_embedded_file *tune_embedded_model(size_t *count);

// Texts and questions of Datasets/probes, with which forgetting is measured.
const tune_embedded_file *tune_embedded_probes(size_t *count);

// The benchmarks of Tasks/.
const tune_embedded_file *tune_embedded_tasks(size_t *count);

// What reference libraries made of texts: the cases of Tests/Fixtures/metrics.
const tune_embedded_file *tune_embedded_conformance(size_t *count);

// The prompt templates of Templates/.
const tune_embedded_file *tune_embedded_templates(size_t *count);
