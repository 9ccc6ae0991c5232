#!/usr/bin/env python3
"""Writes Tasks/bbh.yaml and Tasks/bigbench.yaml from the task files of lm-evaluation-harness (MIT licence).

    python3 -m venv venv && venv/bin/pip install lm-eval==0.4.13
    venv/bin/python Tests/Fixtures/benchmarks/make_tasks.py
"""
import pathlib

import lm_eval
import yaml

SOURCE = pathlib.Path(lm_eval.__file__).parent / "tasks"
TASKS = pathlib.Path(__file__).parents[3] / "Tasks"

# Python functions of the harness under their names in tune.
FUNCTIONS = {
    "utils.MultiChoiceRegexFilter": "bbh_multi_choice_regex",
    "utils.NumberParseRegexFilter": "bbh_number_regex",
    "utils.MapRegexFilter": "bbh_map_regex",
    "utils.WordSortFilter": "bbh_word_sort",
    "utils.filter_multiple_choice": "filter_multiple_choice",
}


class Loader(yaml.SafeLoader):
    pass


Loader.add_constructor("!function", lambda loader, node: FUNCTIONS[loader.construct_scalar(node)])


class Dumper(yaml.SafeDumper):
    pass


Dumper.add_representer(str, lambda dumper, value: dumper.represent_scalar(
    "tag:yaml.org,2002:str", value, style='"' if "\n" in value else None))


def load(path):
    """A task file with what it includes."""
    keys = yaml.load(path.read_text(), Loader)
    include = keys.pop("include", None)
    return {**load(path.parent / include), **keys} if include else keys


def text(document):
    return yaml.dump(document, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=118, default_flow_style=None)


def family(tasks):
    """The first task whole, the others with what differs from it."""
    first, *others = tasks
    documents = [first]
    for task in others:
        assert set(first) == set(task), task["task"]
        differing = {key: value for key, value in task.items() if value != first[key]}
        documents.append({"include": first["task"], **differing})
    return documents


def write(name, comment, documents):
    (TASKS / name).write_text(f"# {comment}\n" + "---\n".join(text(document) for document in documents))


def main():
    documents = []
    for folder in ["zeroshot", "cot_fewshot", "fewshot", "cot_zeroshot"]:
        paths = sorted((SOURCE / "bbh" / folder).glob("*.yaml"))
        documents += family([load(path) for path in paths if not path.name.startswith("_")])
        documents += [load(path) for path in paths if path.name.startswith("_")]
    write("bbh.yaml", "BIG-Bench Hard (Suzgun et al., 2022), as lm-evaluation-harness asks it; made by make_tasks.py.",
          documents)
    documents = []
    for folder in ["multiple_choice", "generate_until"]:
        tasks = [load(path) for path in sorted((SOURCE / "bigbench" / folder).glob("*.yaml"))]
        for task in tasks:
            del task["dataset_kwargs"]  # empty
        documents += family(tasks)
    write("bigbench.yaml", "BIG-bench's JSON tasks (Srivastava et al., 2022), as lm-evaluation-harness asks them; made by "
          "make_tasks.py.", documents)


if __name__ == "__main__":
    main()
