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

static const unsigned char dialogue_summary[] = {
#embed "../../Templates/dialogue-summary.yaml"
};
static const unsigned char review_rating[] = {
#embed "../../Templates/review-rating.yaml"
};
static const unsigned char review_generation[] = {
#embed "../../Templates/review-generation.yaml"
};
static const unsigned char review_headline[] = {
#embed "../../Templates/review-headline.yaml"
};
static const tune_embedded_file template_files[] = {
  {"dialogue-summary.yaml", dialogue_summary, sizeof dialogue_summary},
  {"review-rating.yaml", review_rating, sizeof review_rating},
  {"review-generation.yaml", review_generation, sizeof review_generation},
  {"review-headline.yaml", review_headline, sizeof review_headline},
};

const tune_embedded_file *tune_embedded_templates(size_t *count) {
  *count = sizeof template_files / sizeof template_files[0];
  return template_files;
}
