"""Cases of make_benchmarks.py: tasks, invented documents, and what a model is made to answer."""

CHOICES = "Which one is it?\nOptions:\n(A) a red ball\n(B) a red ball game\n(C) it's blue, not red!\n(D) 12-03"
QUESTIONS = [{"input": CHOICES, "target": f"({letter})"} for letter in "ABCD"]
SAYS = ["is it true that Tom lies?", "does Ann tell the truth?", "was it plausible?"]

BBH_ANSWERS = {
    "date_understanding": (QUESTIONS * 2, [
        "(A)", "I think it is a red ball game.", "The answer is (C). Or (D).", "answer: D", "Its Blue not red, I'd say",
        "nothing", "12-03 or a red ball", ": B and (not) C"]),
    "object_counting": ([{"input": "How many?", "target": str(n)} for n in (7, 23, 3, 1200, 8, 2, 5, 115, 9, 70)], [
        "7 and 8", "Twenty three of them", "there are three", "one thousand two hundred", "eight", "two\nthree", "-5 no 5",
        "One Hundred and Fifteen", "about a dozen", "seventy-two, no: seventy."]),
    "word_sorting": ([
        {"input": "Sort the following words alphabetically: List: beta alpha it&t gamma", "target": "alpha beta gamma it&t"},
        {"input": "Sort: List: b a", "target": "a b"}], ["alpha, beta, gamma, it&t; beta", "none of them"]),
    "web_of_lies": ([{"input": text, "target": target} for text, target in zip(SAYS, ["Yes", "No", "No"])], [
        "He tells the truth, yes.", "No. She does not tell the truth.", "maybe"]),
    "sports_understanding": ([{"input": text, "target": target} for text, target in zip(SAYS, ["yes", "no", "no"])], [
        "It is plausible.", "This is not plausible at all", "No!"]),
    "dyck_languages": ([{"input": "Complete: ( [", "target": "] )"}, {"input": "Complete: <", "target": ">"}], [
        " ] )", "so it closes with > and }"]),
    "boolean_expressions": ([{"input": "not True is", "target": "False"}, {"input": "True is", "target": "True"}], [
        "False.\n", "It is False or True, I say True"]),
}

COT_ANSWERS = ["Let me see. So the answer is (B).\nQ", "the answer is 3.5.", "So the answer is False", "no idea", "the answer is "]

RECORD = [{
    "passage": "Ann met Bob in Rome. It rained.\n@highlight\nAnn is from Rome\n@highlight\nBob has a dog",
    "query": "It was @placeholder who brought @placeholder's dog.", "entities": ["Rome", "Bob", "Ann", "Bob"],
    "answers": ["Bob", "Bob"]},
    {"passage": "The Ångström unit.\n@highlight\nIt is small", "query": "@placeholder is a unit.",
     "entities": ["The Ångström", "Ångström", "unit"], "answers": ["Ångström"]}]

WSC = [{"text": "Mark told Pete ( a friend ) that he did n't win , \" so \" he said .", "span1_text": "Mark", "span1_index": 0,
        "span2_text": "he", "span2_index": 8, "label": 1},
       {"text": "The café's owner saw the man when she came.", "span1_text": "The café's owner", "span1_index": 0,
        "span2_text": "she", "span2_index": 7, "label": 0}]

TRUTH = [{"question": " Do cats fly?", "correct_answers": ["No, cats do not fly", "Cats can't fly. ", ""],
          "incorrect_answers": ["Yes, cats fly", "Cats fly at night."]},
         {"question": "What is 2 + 2?", "correct_answers": ["I have no comment.", "Four."], "incorrect_answers": ["Five"]}]

BIGBENCH = [{"inputs": "Q: Is it warm?\nA:", "targets": ["yes"], "multiple_choice_targets": ["yes", "no"],
             "multiple_choice_scores": [1, 0]},
            {"inputs": "Q: Name it.\nA:", "targets": ["a thing."], "multiple_choice_targets": [], "multiple_choice_scores": []},
            {"inputs": "Q: Which?\nA:", "targets": ["c"], "multiple_choice_targets": ["a", "b", "c"],
             "multiple_choice_scores": [0, 0, 1]}]

OWN = """task: own_generate
output_type: generate_until
training_split: train
test_split: test
doc_to_text: "Q: {{question}}\\nA:"
doc_to_target: "{{answer}}"
metric_list:
  - {metric: exact_match, aggregation: mean, higher_is_better: true, ignore_case: true, ignore_punctuation: true}
  - {metric: bleu, aggregation: bleu, higher_is_better: true}
  - {metric: chrf, aggregation: chrf, higher_is_better: true}
  - {metric: ter, aggregation: ter, higher_is_better: false}
generation_kwargs: {until: ["\\n", "Q:"], max_gen_toks: 32, do_sample: false}
"""

REPEATED = """task: own_repeated
output_type: generate_until
test_split: test
repeats: 3
doc_to_text: "{{question}}"
doc_to_target: "{{answer}}"
generation_kwargs: {until: ["\\n"]}
filter_list:
  - name: vote
    filter:
      - {function: remove_whitespace}
      - {function: lowercase}
      - {function: majority_vote}
      - {function: take_first}
  - name: mapped
    filter:
      - {function: uppercase}
      - {function: map, mapping_dict: {"YES": "yes", "NO": "no"}, default_value: "neither"}
      - {function: take_first_k, k: 2}
      - {function: take_first}
metric_list:
  - {metric: exact_match, aggregation: mean, higher_is_better: true}
"""

PREFIXED = """task: own_prefixed
output_type: generate_until
training_split: train
test_split: test
description: "Answer briefly.\\n\\n"
gen_prefix: "The answer is"
doc_to_text: "{{question}}"
doc_to_target: "{{answer}}"
generation_kwargs: {until: ["."]}
"""

LETTERED = """task: own_lettered
output_type: generate_until
test_split: test
doc_to_text: "{{question}}"
doc_to_target: "{{answer}}"
generation_kwargs: {until: ["\\n\\n"]}
filter_list:
  - name: letters
    filter:
      - {function: multi_choice_regex, group_select: 0, ignore_case: true, ignore_punctuation: true, regex_pattern: "(\\\\([A-Z]\\\\))"}
      - {function: take_first}
metric_list:
  - {metric: exact_match, aggregation: mean, higher_is_better: true}
"""

CHOSEN = """task: own_chosen
output_type: multiple_choice
training_split: train
test_split: test
doc_to_text: "{{question}}"
doc_to_choice: choices
doc_to_target: label
metric_list:
  - {metric: acc, aggregation: mean, higher_is_better: true}
  - {metric: acc_norm, aggregation: mean, higher_is_better: true}
  - {metric: acc_mutual_info, aggregation: mean, higher_is_better: true}
  - {metric: brier_score, aggregation: brier_score, higher_is_better: false}
"""

PAIRS = [("What colour is snow?", "White."), ("Two and two?", "four"), ("Who wrote it?", "Jane Austen, in 1813."),
         ("Capital of France?", "Paris"), ("Is water wet?", "It is, isn't it?")]
ASKED = [{"question": question, "answer": answer} for question, answer in PAIRS]
SHOTS = [{"question": f"Question {n}?", "answer": f"Answer {n}"} for n in range(8)]
CHOSEN_DOCUMENTS = [{"question": f"Which of {n}?", "choices": ["one", "the second", f"no. {n}"], "label": n % 3} for n in range(9)]
OWN_ANSWERS = ["white", "Four.", "Jane Austen in 1814.", "It is Paris", "It is, is n't it"]


def case(name, splits, **more):
    return {"task": name, "splits": splits, **more}


CASES = [case(f"bbh_zeroshot_{name}", {"test": documents}, file=f"bbh/zeroshot/{name}.yaml", answers=answers)
         for name, (documents, answers) in BBH_ANSWERS.items()]
CASES += [case(f"bbh_cot_zeroshot_{name}", {"test": documents}, file=f"bbh/cot_zeroshot/{name}.yaml", answers=answers)
          for name, (documents, answers) in BBH_ANSWERS.items()]
CASES += [
    case(f"bbh_{kind}_{name}", {"test": [{"input": f"Is it {n}?", "target": "(B)"} for n in range(5)]},
         file=f"bbh/{kind}/{name}.yaml", answers=COT_ANSWERS)
    for kind, name in [("cot_fewshot", "snarks"), ("cot_fewshot", "multistep_arithmetic_two"), ("fewshot", "navigate")]]
CASES += [
    case("bigbench_snarks_multiple_choice", {"default": BIGBENCH}, file="bigbench/multiple_choice/snarks.yaml"),
    case("bigbench_snarks_generate_until", {"default": BIGBENCH}, file="bigbench/generate_until/snarks.yaml",
         answers=["Yes!", "a thing", "c"]),
    case("record", {"train": RECORD, "validation": RECORD}, file="super_glue/record/default.yaml"),
    case("record", {"train": RECORD, "validation": RECORD}, file="super_glue/record/default.yaml",
         options={"num_fewshot": 1}),
    case("wsc", {"train": WSC, "validation": WSC}, file="super_glue/wsc/default.yaml", options={"num_fewshot": 1}),
    case("truthfulqa_gen", {"validation": TRUTH}, file="truthfulqa/truthfulqa_gen.yaml",
         answers=["Cats do not fly . They walk .", "I have no comment."]),
    case("own_generate", {"train": SHOTS, "test": ASKED}, yaml=OWN, answers=OWN_ANSWERS),
    case("own_generate", {"train": SHOTS, "test": ASKED}, yaml=OWN, answers=OWN_ANSWERS,
         options={"num_fewshot": 2, "apply_chat_template": True, "system_instruction": "Be kind.",
                  "fewshot_as_multiturn": True}),
    case("own_generate", {"train": SHOTS, "test": ASKED}, yaml=OWN, answers=OWN_ANSWERS,
         options={"num_fewshot": 2, "apply_chat_template": True, "fewshot_as_multiturn": False}),
    case("own_repeated", {"test": ASKED[:3]}, yaml=REPEATED, answers=[[" Yes", "no", "yes "], ["NO", "x", "y"], ["", "", "b"]]),
    case("own_prefixed", {"train": SHOTS, "test": ASKED}, yaml=PREFIXED, answers=OWN_ANSWERS, options={"num_fewshot": 2}),
    case("own_prefixed", {"train": SHOTS, "test": ASKED}, yaml=PREFIXED, answers=OWN_ANSWERS,
         options={"num_fewshot": 1, "apply_chat_template": True, "fewshot_as_multiturn": True}),
    case("own_lettered", {"test": [
        {"question": "Q", "choices": ["red", "red ball", "Blue!"], "answer": f"({letter})"} for letter in "ABC"]},
        yaml=LETTERED, answers=["a red ball, I think", "blue", ": A"]),
    case("own_chosen", {"train": CHOSEN_DOCUMENTS, "test": CHOSEN_DOCUMENTS[:6]}, yaml=CHOSEN),
    case("own_chosen", {"train": CHOSEN_DOCUMENTS, "test": CHOSEN_DOCUMENTS[:6]}, yaml=CHOSEN, options={"num_fewshot": 3}),
]
