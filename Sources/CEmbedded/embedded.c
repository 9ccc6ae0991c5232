#include "embedded.h"

#if __has_embed("model/model.safetensors")
// Aligned so that tensors can be read in place.
static const _Alignas(64) unsigned char model_weights[] = {
#embed "model/model.safetensors"
};
static const unsigned char model_config[] = {
#embed "model/config.json"
};
static const unsigned char model_tokenizer[] = {
#embed "model/tokenizer.json"
};
static const unsigned char model_tokenizer_config[] = {
#embed "model/tokenizer_config.json"
};
static const tune_embedded_file model_files[] = {
  {"model.safetensors", model_weights, sizeof model_weights},
  {"config.json", model_config, sizeof model_config},
  {"tokenizer.json", model_tokenizer, sizeof model_tokenizer},
  {"tokenizer_config.json", model_tokenizer_config, sizeof model_tokenizer_config},
};

const tune_embedded_file *tune_embedded_model(size_t *count) {
  *count = sizeof model_files / sizeof model_files[0];
  return model_files;
}
#else
const tune_embedded_file *tune_embedded_model(size_t *count) {
  *count = 0;
  return NULL;
}
#endif
