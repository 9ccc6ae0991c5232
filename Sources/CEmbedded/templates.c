#include "embedded.h"

// The template library, the first of equal matches first: the general before the particular. A new file of Templates/ needs its lines here.

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
static const unsigned char article_summary[] = {
#embed "../../Templates/article-summary.yaml"
};
static const unsigned char chain_of_thought[] = {
#embed "../../Templates/chain-of-thought.yaml"
};
static const unsigned char chat[] = {
#embed "../../Templates/chat.yaml"
};
static const unsigned char closed_book_question_answering[] = {
#embed "../../Templates/closed-book-question-answering.yaml"
};
static const unsigned char code_from_description[] = {
#embed "../../Templates/code-from-description.yaml"
};
static const unsigned char code_translation[] = {
#embed "../../Templates/code-translation.yaml"
};
static const unsigned char data_to_text[] = {
#embed "../../Templates/data-to-text.yaml"
};
static const unsigned char extractive_question_answering[] = {
#embed "../../Templates/extractive-question-answering.yaml"
};
static const unsigned char grammar_acceptability[] = {
#embed "../../Templates/grammar-acceptability.yaml"
};
static const unsigned char grammar_correction[] = {
#embed "../../Templates/grammar-correction.yaml"
};
static const unsigned char instruction[] = {
#embed "../../Templates/instruction.yaml"
};
static const unsigned char keyword_extraction[] = {
#embed "../../Templates/keyword-extraction.yaml"
};
static const unsigned char math_word_problem[] = {
#embed "../../Templates/math-word-problem.yaml"
};
static const unsigned char multiple_choice_question[] = {
#embed "../../Templates/multiple-choice-question.yaml"
};
static const unsigned char named_entities[] = {
#embed "../../Templates/named-entities.yaml"
};
static const unsigned char natural_language_inference[] = {
#embed "../../Templates/natural-language-inference.yaml"
};
static const unsigned char paraphrase[] = {
#embed "../../Templates/paraphrase.yaml"
};
static const unsigned char paraphrase_detection[] = {
#embed "../../Templates/paraphrase-detection.yaml"
};
static const unsigned char question_answering[] = {
#embed "../../Templates/question-answering.yaml"
};
static const unsigned char question_generation[] = {
#embed "../../Templates/question-generation.yaml"
};
static const unsigned char rewriting[] = {
#embed "../../Templates/rewriting.yaml"
};
static const unsigned char sentiment[] = {
#embed "../../Templates/sentiment.yaml"
};
static const unsigned char simplification[] = {
#embed "../../Templates/simplification.yaml"
};
static const unsigned char text_classification[] = {
#embed "../../Templates/text-classification.yaml"
};
static const unsigned char textual_entailment[] = {
#embed "../../Templates/textual-entailment.yaml"
};
static const unsigned char title_generation[] = {
#embed "../../Templates/title-generation.yaml"
};
static const unsigned char topic[] = {
#embed "../../Templates/topic.yaml"
};
static const unsigned char translation_from_english[] = {
#embed "../../Templates/translation-from-english.yaml"
};
static const unsigned char translation_to_english[] = {
#embed "../../Templates/translation-to-english.yaml"
};
static const unsigned char yes_no_question[] = {
#embed "../../Templates/yes-no-question.yaml"
};

static const tune_embedded_file files[] = {
  {"dialogue-summary.yaml", dialogue_summary, sizeof dialogue_summary},
  {"review-rating.yaml", review_rating, sizeof review_rating},
  {"review-generation.yaml", review_generation, sizeof review_generation},
  {"review-headline.yaml", review_headline, sizeof review_headline},
  {"text-classification.yaml", text_classification, sizeof text_classification},
  {"article-summary.yaml", article_summary, sizeof article_summary},
  {"chain-of-thought.yaml", chain_of_thought, sizeof chain_of_thought},
  {"chat.yaml", chat, sizeof chat},
  {"closed-book-question-answering.yaml", closed_book_question_answering, sizeof closed_book_question_answering},
  {"code-from-description.yaml", code_from_description, sizeof code_from_description},
  {"code-translation.yaml", code_translation, sizeof code_translation},
  {"data-to-text.yaml", data_to_text, sizeof data_to_text},
  {"extractive-question-answering.yaml", extractive_question_answering, sizeof extractive_question_answering},
  {"grammar-acceptability.yaml", grammar_acceptability, sizeof grammar_acceptability},
  {"grammar-correction.yaml", grammar_correction, sizeof grammar_correction},
  {"instruction.yaml", instruction, sizeof instruction},
  {"keyword-extraction.yaml", keyword_extraction, sizeof keyword_extraction},
  {"math-word-problem.yaml", math_word_problem, sizeof math_word_problem},
  {"multiple-choice-question.yaml", multiple_choice_question, sizeof multiple_choice_question},
  {"named-entities.yaml", named_entities, sizeof named_entities},
  {"natural-language-inference.yaml", natural_language_inference, sizeof natural_language_inference},
  {"paraphrase-detection.yaml", paraphrase_detection, sizeof paraphrase_detection},
  {"paraphrase.yaml", paraphrase, sizeof paraphrase},
  {"question-answering.yaml", question_answering, sizeof question_answering},
  {"question-generation.yaml", question_generation, sizeof question_generation},
  {"rewriting.yaml", rewriting, sizeof rewriting},
  {"sentiment.yaml", sentiment, sizeof sentiment},
  {"simplification.yaml", simplification, sizeof simplification},
  {"textual-entailment.yaml", textual_entailment, sizeof textual_entailment},
  {"title-generation.yaml", title_generation, sizeof title_generation},
  {"topic.yaml", topic, sizeof topic},
  {"translation-from-english.yaml", translation_from_english, sizeof translation_from_english},
  {"translation-to-english.yaml", translation_to_english, sizeof translation_to_english},
  {"yes-no-question.yaml", yes_no_question, sizeof yes_no_question},
};

const tune_embedded_file *tune_embedded_templates(size_t *count) {
  *count = sizeof files / sizeof files[0];
  return files;
}
