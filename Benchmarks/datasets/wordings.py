"""A template file of tune in Python: its wordings compiled by jinja2, one chosen for each row by a hash."""

import hashlib
import re
from pathlib import Path

import jinja2
import jinja2.meta
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
TEMPLATE = REPOSITORY / "Templates" / "review-rating.yaml"
SPLITS = ("train", "validation", "test")


class Wording:
    """One template `prompt ||| target`, with promptsource's rendering: split at `|||`, both parts stripped.

    The completion is the target after a space, as tune writes it, so that both together read as one text.
    """

    def __init__(self, entry, fields, environment):
        source = entry["prompt_and_target"]
        names = jinja2.meta.find_undeclared_variables(environment.parse(source))
        tested = set(re.findall(r"{%-?\s*if\s+(\w+)\s*-?%}", source))
        self.required = [field for field in fields if field in names and field not in tested]
        self.template = environment.from_string(source)

    def render(self, row):
        prompt, target = self.template.render(row).split("|||")
        return prompt.strip(), " " + target.strip()


class Wordings:
    """All wordings of a template file, and what becomes of a row: a wording, a split, or nothing."""

    def __init__(self, path=TEMPLATE):
        with open(path, encoding="utf-8") as file:
            task = yaml.safe_load(file)
        self.fields = list(task["fields"])
        environment = jinja2.Environment()
        self.all = [Wording(entry, self.fields, environment) for entry in task["templates"]]
        self.seen = set()

    def used(self, row):
        """The fields of the template that the row has, blank ones left out."""
        return {field: value for field in self.fields
                if (value := row.get(field)) is not None and (not isinstance(value, str) or value.strip())}

    def usable(self, used):
        return [wording for wording in self.all if all(field in used for field in wording.required)]

    def example(self, row):
        """Prompt, completion and split of a row; None for a row without its fields and one that was seen before."""
        used = self.used(row)
        usable = self.usable(used)
        if not usable:
            return None
        content = "\x1f".join([f"{field}={value}" for field, value in used.items()])
        draw = int.from_bytes(hashlib.blake2b(content.encode(), digest_size=8).digest(), "little")
        if draw in self.seen:
            return None
        self.seen.add(draw)
        share = (draw >> 32) / 2**32
        split = "train" if share < 0.9 else "validation" if share < 0.95 else "test"
        return *usable[(draw & 0xFFFFFFFF) % len(usable)].render(used), split
