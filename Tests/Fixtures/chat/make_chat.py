"""Writes the goldens of the chat template tests.

    python3 -m venv venv && venv/bin/pip install transformers==5.23.0 jinja2==3.1.6
    venv/bin/python make_chat.py [FOLDER OF CHAT TEMPLATES]

sources.jsonl  folders with chat templates in several places, and what AutoTokenizer renders there without tools and
               with tools, null where it refuses
marks.jsonl    what `{% generation %}` marks of a conversation in the templates of the folder (../shared/data/
               chat-templates by default), null where the template refuses it
"""

import json
import os
import shutil
import sys
import tempfile

from transformers import AutoTokenizer
from transformers.utils.chat_template_utils import render_jinja_template

HERE = os.path.dirname(os.path.abspath(__file__))
TOKENIZER = os.path.join(HERE, "..", "tokenizers", "small.json")
TOOLS = [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}]
MESSAGES = [{"role": "user", "content": "Hi", "name": None}]


def named(**templates):
    return [{"name": name, "template": text} for name, text in templates.items()]


def config(template=None):
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|start|>", "eos_token": "<|end|>"}
    if template is not None:
        settings["chat_template"] = template
    return json.dumps(settings)


CASES = {
    "no template": {"tokenizer_config.json": config()},
    "configuration": {"tokenizer_config.json": config("C {{ messages[0].content }} {{ tools is none }}")},
    "special tokens": {"tokenizer_config.json": config("{{ bos_token }}|{{ eos_token }}|{{ documents }}")},
    "null members": {"tokenizer_config.json": config("{{ messages[0].name is defined }}")},
    "named": {"tokenizer_config.json": config(named(default="D", tool_use="T", rag="R"))},
    "named, tool_use first": {"tokenizer_config.json": config(named(tool_use="T", default="D"))},
    "named without tool_use": {"tokenizer_config.json": config(named(default="D", rag="R"))},
    "named without default": {"tokenizer_config.json": config(named(tool_use="T", rag="R"))},
    "one named otherwise": {"tokenizer_config.json": config(named(rag="R"))},
    "an object": {"tokenizer_config.json": config({"default": "D", "tool_use": "T"})},
    "a name twice": {"tokenizer_config.json": config(named(default="D") + named(default="E"))},
    "file": {"tokenizer_config.json": config(), "chat_template.jinja": "J"},
    "file with an end of line": {"tokenizer_config.json": config(), "chat_template.jinja": "J\n\n"},
    "file over configuration": {"tokenizer_config.json": config("C"), "chat_template.jinja": "J"},
    "file over named": {"tokenizer_config.json": config(named(default="D", tool_use="T")), "chat_template.jinja": "J"},
    "files": {
        "tokenizer_config.json": config("C"),
        "chat_template.jinja": "J",
        "additional_chat_templates/tool_use.jinja": "JT",
        "additional_chat_templates/rag.jinja": "JR",
    },
    "additional files alone": {
        "tokenizer_config.json": config("C"),
        "additional_chat_templates/tool_use.jinja": "JT",
    },
    "additional file called default": {
        "tokenizer_config.json": config(),
        "chat_template.jinja": "J",
        "additional_chat_templates/default.jinja": "JD",
    },
    "other files beside": {
        "tokenizer_config.json": config("C"),
        "additional_chat_templates/README.md": "no template",
    },
}


def rendered(folder, tools):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    try:
        return tokenizer.apply_chat_template(MESSAGES, tools=tools, tokenize=False)
    except ValueError:
        return None


def write_sources():
    with open(os.path.join(HERE, "sources.jsonl"), "w", encoding="utf-8") as out:
        for name, files in CASES.items():
            with tempfile.TemporaryDirectory() as folder:
                shutil.copy(TOKENIZER, os.path.join(folder, "tokenizer.json"))
                for path, text in files.items():
                    path = os.path.join(folder, path)
                    os.makedirs(os.path.dirname(path), exist_ok=True)
                    with open(path, "w", encoding="utf-8") as file:
                        file.write(text)
                row = {"case": name, "files": files, "plain": rendered(folder, None), "tools": rendered(folder, TOOLS)}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


CONVERSATION = [
    {"role": "user", "content": "Qone?"},
    {"role": "assistant", "content": "Aone."},
    {"role": "user", "content": "Qtwo?"},
    {"role": "assistant", "content": "Atwo."},
]


def marked(template):
    tokens = {"bos_token": "<|bos|>", "eos_token": "<|eos|>"}
    try:
        texts, spans = render_jinja_template(
            conversations=[CONVERSATION], chat_template=template, return_assistant_tokens_mask=True, **tokens
        )
    except Exception:
        return None
    return [texts[0][start:end] for start, end in spans[0]]


def write_marks(folder):
    with open(os.path.join(HERE, "marks.jsonl"), "w", encoding="utf-8") as out:
        for root, _, files in sorted(os.walk(folder)):
            for file in sorted(name for name in files if name.endswith(".jinja")):
                path = os.path.join(root, file)
                with open(path, encoding="utf-8", newline="") as source:
                    template = source.read()
                if "endgeneration" not in template:
                    continue
                row = {"template": os.path.relpath(path, folder), "marked": marked(template)}
                out.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    write_sources()
    write_marks(sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "../../../../shared/data/chat-templates"))
