"""Renders every template of promptsource with jinja2 over made-up records: promptsource.json.

Python >= 3.11, jinja2==3.1.6, PyYAML==6. Run: python3 make_promptsource.py ARCHIVE, the file
promptsource-templates.tar.gz (github.com/bigscience-workshop/promptsource at 7dab96a3).

The rules are those of promptsource 0.2.3 (templates.py) without its cut at 2048 characters; the answers are only
rendered where the template uses them. The result maps the path
of each file and the name of each template to the renders of four records: the first 12 digits of the SHA-256 of the
parts joined by a line feed, "error", or the number of parts where there are not two. Templates that draw at random are
left out.
"""

import hashlib
import json
import os
import re
import sys
import tarfile

import yaml
from jinja2 import BaseLoader, Environment, meta

RANDOM = re.compile(r"\| *(choice|random|most_frequent)\b")
# As long as the separator, so that lengths and places in protected texts are right; promptsource takes 32 characters.
PROTECTOR = "\uf8ff\uf8fe\uf8ff"
ENVIRONMENT = Environment(loader=BaseLoader)
ENVIRONMENT.globals.update(zip=zip)
ENVIRONMENT.filters["choice"] = ENVIRONMENT.filters["most_frequent"] = lambda value: value


def value(record, index, name):
    text = f" The {name}: <{index}> 'ünï' \"||| b\".\nSecond line "
    if record == 0:
        return text
    if record == 1:
        return index % 3
    # promptsource does not protect separators inside lists and mappings; these have none.
    if record == 2:
        return [name, f"b {index}", "c"]
    return {"text": [name, "b"], "label": [0, 1], "en": "E", "de": name}


def protect(value):
    return value.replace("|||", PROTECTOR) if isinstance(value, str) else value


def render(template, names, record):
    fields = {name: protect(value(record, index, name)) for index, name in enumerate(names)}
    try:
        choices = template["answer_choices"] if "answer_choices" in template["jinja"] else None
        if choices is not None:
            rendered = ENVIRONMENT.from_string(choices).render(**fields)
            choices = [choice.strip() for choice in rendered.split("|||")]
        text = ENVIRONMENT.from_string(template["jinja"]).render(**fields, answer_choices=choices)
    except Exception:  # any failure of the reference
        return "error"
    parts = [part.replace(PROTECTOR, "|||").strip() for part in text.split("|||")]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12] if len(parts) == 2 else str(len(parts))


def variables(text):
    return meta.find_undeclared_variables(ENVIRONMENT.parse(text or "")) - {"answer_choices"}


def main():
    for tag in ("!Template", "!TemplateMetadata"):
        yaml.SafeLoader.add_constructor(tag, lambda loader, node: loader.construct_mapping(node, deep=True))
    result = {}
    with tarfile.open(sys.argv[1]) as archive:
        for member in sorted(archive.getmembers(), key=lambda member: member.name):
            if not member.name.endswith("templates.yaml"):
                continue
            templates = yaml.safe_load(archive.extractfile(member))["templates"].values()
            names = sorted(set().union(*(variables(t["jinja"]) | variables(t["answer_choices"]) for t in templates)))
            result[member.name] = {
                template["name"]: [render(template, names, record) for record in range(4)]
                for template in templates
                if not RANDOM.search(template["jinja"])
            }
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "promptsource.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(result, file, ensure_ascii=False, indent=0)
    renders = [r for file in result.values() for renders in file.values() for r in renders]
    print(len(renders), "renders,", renders.count("error"), "errors")


main()
