"""Writes the goldens of the tests of training, from the project's own Datasets/dialogues.jsonl.

    python3 -m venv venv && venv/bin/pip install tokenizers==0.23.3
    venv/bin/python make_training.py TUNE        (the built program)

trained_bpe.json                a 1,000-token byte-level BPE that Hugging Face's BpeTrainer learnt from 300 dialogues
trained_unigram_reference.json  an 800-token Unigram that its UnigramTrainer learnt from them
trained_unigram.json            the one that `tune tokenize --train` learnt
trained_unigram_ids.jsonl       1,000 texts, and how Hugging Face's library writes them in the tokens of the latter
"""

import json
import os
import random
import subprocess
import sys
import tempfile

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

HERE = os.path.dirname(os.path.abspath(__file__))
DIALOGUES = os.path.join(HERE, "..", "..", "..", "Datasets", "dialogues.jsonl")
AWKWARD = "abE st'  \n\r\t19./ée\u0301ſ½Ж中文한🙂\u200d\xa0\u3000\x85<|>\0ǅ▁"


def save(tokenizer, name):
    tokenizer.save(os.path.join(HERE, name), pretty=False)


def bpe(texts):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=1000, min_frequency=2, show_progress=False, special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    save(tokenizer, "trained_bpe.json")


def unigram(texts):
    """The stages of SentencePieceUnigramTokenizer."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(texts, trainers.UnigramTrainer(
        vocab_size=800, show_progress=False, special_tokens=["<unk>", "<s>", "</s>"], unk_token="<unk>"))
    save(tokenizer, "trained_unigram_reference.json")


def tune_unigram(tune, texts):
    with tempfile.TemporaryDirectory() as work:
        corpus, output = os.path.join(work, "corpus.jsonl"), os.path.join(work, "tokenizer.json")
        with open(corpus, "w", encoding="utf-8") as file:
            file.writelines(json.dumps({"text": text}) + "\n" for text in texts)
        subprocess.run(
            [tune, "tokenize", "--train", corpus, "--model-type", "unigram", "--vocab-size", "800", "--output", output,
             "--quiet"], check=True)
        tokenizer = Tokenizer.from_file(output)
    save(tokenizer, "trained_unigram.json")
    return tokenizer


def main():
    with open(DIALOGUES, encoding="utf-8") as file:
        dialogues = [json.loads(line)["dialogue"] for line in file]
    texts, others = dialogues[:300], dialogues[300:]
    bpe(texts)
    unigram(texts)
    tokenizer = tune_unigram(sys.argv[1], texts)
    rng = random.Random(5)
    samples = rng.sample([line for dialogue in others for line in dialogue.split("\n")], 700)
    samples += ["".join(rng.choice(AWKWARD) for _ in range(rng.randint(1, 30))) for _ in range(290)]
    samples += ["", " ", "<unk>", "a<s>b </s>", "  x  y", "</s></s>", "▁", "▁ ▁a", "e\u0301", "x" * 300]
    with open(os.path.join(HERE, "trained_unigram_ids.jsonl"), "w", encoding="utf-8") as file:
        for text in samples:
            encoding = tokenizer.encode(text, add_special_tokens=False)
            row = {"text": text, "ids": encoding.ids, "decoded": tokenizer.decode(encoding.ids)}
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
