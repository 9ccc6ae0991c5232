"""Checks the template files of the repository: keys, names, and every wording rendered over its records.

Python 3.11, jinja2 3.1, PyYAML. Run: python3 Tests/Fixtures/templates/check.py [--show NAME]
Each Templates/NAME.yaml has a NAME.jsonl beside this script, whose columns are the template's fields. Rendering follows
the loader: a blank or null field is missing, a list or an object may not be printed as it is, a wording is used when
the fields that it does not ask for with {% if field %} are there. One line a file; --show prints a file's prompts.
"""

import json
import re
import sys
from pathlib import Path

import yaml
from jinja2 import Environment, meta

HERE = Path(__file__).resolve().parent
TEMPLATES = HERE.parents[2] / "Templates"
KEYS = {"name", "task", "category", "kind", "datasets", "fields", "metrics", "answer_choices", "templates"}
CATEGORIES = set(
    "reviews summarization translation question-answering information-extraction classification inference paraphrase"
    " grammar code data-to-text reasoning rewriting generation chat".split()
)
KINDS = {"extraction", "expansion", "transformation"}
METRICS = {"rouge", "bleu", "chrf", "accuracy", "exact_match", "f1", "macro_f1"}
LEAST_WORDINGS = 8
SEPARATOR, STAND_IN = "|||", "\uf8ff\uf8fe\uf8ff"

environment = Environment()


def main(show):
    problems = 0
    seen = {}
    for path in sorted(TEMPLATES.glob("*.yaml")):
        try:
            print(check(path, show == path.stem, seen))
        except (ValueError, KeyError, yaml.YAMLError) as error:
            problems += 1
            print(f"{path.stem}: WRONG: {error}")
    for records in sorted(HERE.glob("*.jsonl")):
        if not (TEMPLATES / f"{records.stem}.yaml").exists():
            problems += 1
            print(f"{records.name}: WRONG: belongs to no template")
    return 1 if problems else 0


def demand(condition, message):
    if not condition:
        raise ValueError(message)


def check(path, show, seen):
    task = yaml.safe_load(path.read_text())
    demand(task["name"] == path.stem, "the name is not the file's")
    demand(set(task) <= KEYS, f"unknown keys {sorted(set(task) - KEYS)}")
    demand(task["task"].endswith(".") and "\n" not in task["task"], "task is not one sentence")
    demand(task["category"] in CATEGORIES, f"category {task['category']}")
    demand(task["kind"] in KINDS, f"kind {task['kind']}")
    demand(is_names(task["datasets"]), "datasets is no list of names")
    demand(task["metrics"] and set(task["metrics"]) <= METRICS, f"metrics {task['metrics']}")
    for name, field in task["fields"].items():
        check_field(name, field)

    wordings = [Wording(task, each) for each in task["templates"]]
    demand(len(wordings) >= LEAST_WORDINGS, f"only {len(wordings)} wordings")
    demand(len({wording.name for wording in wordings}) == len(wordings), "two wordings have the same name")
    for wording in wordings:
        twin = seen.setdefault(" ".join(wording.source.split()), f"{path.stem}/{wording.name}")
        demand(twin == f"{path.stem}/{wording.name}", f"{wording.name} equals {twin}")
    unused = set(task["fields"]) - set().union(*(wording.names for wording in wordings))
    demand(not unused, f"no wording uses {sorted(unused)}")

    records = [json.loads(line) for line in (HERE / f"{path.stem}.jsonl").read_text().splitlines()]
    for record in records:
        demand(set(record) <= set(task["fields"]), f"a record has columns that are no fields: {sorted(record)}")
    return f"{path.stem}: {len(wordings)} wordings, {sum(w.check(records, show) for w in wordings)} prompts"


def is_names(value):
    return isinstance(value, list) and bool(value) and all(isinstance(name, str) for name in value)


def check_field(name, field):
    """A field is an explanation, or a mapping of one and the other names of its column, with their conditions."""
    demand(re.fullmatch("[a-z][a-z0-9_]*", name), f"field name {name}")
    field = {"about": field} if isinstance(field, str) else field
    demand(set(field) <= {"about", "columns"} and field["about"].endswith("."), f"field {name}")
    names = []
    for column in field.get("columns", []):
        if isinstance(column, dict):
            demand(set(column) <= {"name", "unless", "beside"} and len(column) > 1, f"field {name}: column {column}")
            demand(all(is_names(column[key]) for key in column if key != "name"), f"field {name}: column {column}")
            column = column["name"]
        demand(isinstance(column, str), f"field {name}: column {column} is no text")
        names.append(re.sub("[ _-]", "", column.lower()))
    demand(len(set(names)) == len(names), f"field {name}: a column twice")
    demand(re.sub("_", "", name) not in names, f"field {name}: its own name is among its columns")


class Wording:
    def __init__(self, task, wording):
        self.name = wording["name"]
        demand(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", self.name), f"the wording's name {self.name}")
        demand(set(wording) <= {"name", "answer_choices", "prompt_and_target"}, f"{self.name}: unknown keys")
        self.source = wording["prompt_and_target"]
        self.choices = wording.get("answer_choices", task.get("answer_choices"))
        demand(self.source.count(SEPARATOR) == 1, f"{self.name}: expected one '{SEPARATOR}'")
        prompt, target = (variables(part) for part in self.source.split(SEPARATOR))
        choices = variables(self.choices or "")
        self.names = prompt | target | choices
        unknown = self.names - set(task["fields"]) - {"answer_choices"}
        demand(not unknown, f"{self.name}: undefined {sorted(unknown)}")
        self.names.discard("answer_choices")
        demand(target - {"answer_choices"}, f"{self.name}: the target shows no field")
        self.needed = self.names - asked_for(self.source + (self.choices or ""))
        self.printed = set(re.findall(r"\{\{-?\s*(\w+)\s*-?\}\}", self.source))
        self.has_fixed_choices = bool(self.choices) and not choices
        self.has_own_choices = bool(choices)
        if self.has_fixed_choices:
            demand(not prompt & target - {"answer_choices"}, f"{self.name}: the prompt shows the answer")

    def check(self, records, show):
        """Renders every record that fits, as it is and, but for options, without its optional fields.

        Returns the number of different prompts.
        """
        targets, prompts = [], set()
        for record in records:
            fields = {key: value for key, value in record.items() if not is_missing(value)}
            if not self.needed <= set(fields) or any(isinstance(fields.get(n), (list, dict)) for n in self.printed):
                continue
            least = fields if self.has_own_choices else {key: fields[key] for key in self.needed}
            for each in (fields, least):
                prompt, target, choices = self.render(each)
                demand(prompt and target, f"{self.name}: empty prompt or target for {each}")
                demand("\n\n\n" not in prompt, f"{self.name}: two blank lines in a row")
                demand(not self.has_fixed_choices or target in choices, f"{self.name}: {target} is no choice")
                if show and prompt not in prompts:
                    print(f"----- {self.name}\n{prompt}\n>>>>> {target}")
                targets.append(target)
                prompts.add(prompt)
        demand(targets, f"{self.name}: no record fits")
        missed = set(choices) - set(targets) if self.has_fixed_choices else ()
        demand(not missed, f"{self.name}: no record gives {missed}")
        return len(prompts)

    def render(self, fields):
        fields = json.loads(json.dumps(fields).replace(SEPARATOR, STAND_IN))
        choices = split(environment.from_string(self.choices or "").render(fields))
        text = environment.from_string(self.source).render(fields, answer_choices=choices)
        return *split(text), choices


def variables(source):
    return meta.find_undeclared_variables(environment.parse(source)) - set(environment.globals)


def asked_for(source):
    """The names in {% if a and not b or c is defined %}; names in comparisons do not count."""
    conditions = re.findall(r"\{%-?\s*(?:el)?if\s+(.*?)\s*-?%\}", source)
    operands = (part for condition in conditions for part in re.split(r"\s+(?:and|or)\s+", condition))
    found = (re.fullmatch(r"(?:not\s+)?(\w+)(?:\s+is\s+(?:not\s+)?(?:defined|none))?", part) for part in operands)
    return {match[1] for match in found if match}


def is_missing(value):
    return value is None or isinstance(value, str) and not value.strip()


def split(text):
    return [part.replace(STAND_IN, SEPARATOR).strip() for part in text.split(SEPARATOR)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[2] if sys.argv[1:2] == ["--show"] else None))
