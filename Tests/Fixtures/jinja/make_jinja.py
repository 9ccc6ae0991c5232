"""Renders small templates with the reference implementation into cases.jsonl.

Needs Python >= 3.11 and jinja2==3.1.6 (markupsafe==2 or 3). Run: python3 make_jinja.py
Each line: {"template", "variables", "options": "plain" | "chat", "expected"} or "error": true instead of "expected";
with "undeclared" (jinja2.meta) for templates without errors of syntax.
"""

import collections
import json
import os
import random

import jinja2
from jinja2 import meta
from jinja2.exceptions import TemplateError
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment

assert jinja2.__version__ == "3.1.6"


class Generation(Extension):
    """The block tag `generation` as a plain scope."""

    tags = {"generation"}

    def parse(self, parser):
        lineno = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(lineno)

    def _body(self, caller):
        return caller()


def chat_environment():
    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    def raise_exception(message):
        raise TemplateError(message)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, "jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = raise_exception
    return environment


def plain_environment():
    def most_frequent(items):
        if not items:
            return
        counts = collections.Counter(items).most_common()
        return [item for item, count in counts if count == counts[0][1]]

    environment = jinja2.Environment()
    environment.filters["choice"] = random.choice
    environment.filters["most_frequent"] = most_frequent
    environment.globals["zip"] = zip
    return environment


ENVIRONMENTS = {"chat": chat_environment(), "plain": plain_environment()}

VARIABLES = {
    "a": "Alpha",
    "b": "beta gamma",
    "n": 7,
    "z": 0,
    "f": 2.5,
    "yes": True,
    "no": False,
    "nil": None,
    "empty": "",
    "words": ["pear", "Apple", "fig", "apple"],
    "numbers": [3, 1, 2, 2],
    "d": {"x": 1, "y": [1, 2], "key with space": "v", "items": "mine"},
    "users": [
        {"name": "Ann", "age": 31, "city": "Rome", "tags": ["a", "b"]},
        {"name": "bob", "age": 25, "city": "oslo", "tags": []},
        {"name": "Cid", "age": 31, "city": "Rome", "tags": ["c"], "nick": "C"},
    ],
    "tree": [{"v": 1, "kids": [{"v": 2, "kids": []}, {"v": 3, "kids": [{"v": 4, "kids": []}]}]}],
    "text": "  The quick  brown fox.\nJumps over\tit. ",
    "html": "<b>\"Tom\" & 'Jerry'</b>",
    "uni": "Straße café 日本 e\u0301 🙂",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello!", "tool_calls": [{"function": {"name": "f", "arguments": {"q": "é<x>", "n": 1.0}}}]},
    ],
    "choices": ["World", "Sports", "Business"],
    "label": 1,
}

PLAIN = r"""
{{a}} ||| {{b}}
{{ a }}|{{ missing }}|{{ n }}|{{ f }}|{{ yes }}|{{ nil }}
{{ numbers }} {{ d }} {{ words }}
{{ (1, 'two', none) }} {{ (1,) }} {{ () }} {{ [] }} {{ {} }}
{{ 1.0 }} {{ 1e16 }} {{ 1e15 }} {{ 123456789012345680.0 }} {{ 1e-5 }} {{ 0.0001 }} {{ 1.5e300 }} {{ 0.1 + 0.2 }}
{{ 1e22 }} {{ 2.5e-7 }} {{ -0.0 }} {{ 100000.0 * 10 }} {{ 9007199254740993.0 }}
{{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ 1_000 }} {{ 1_0.2_5 }}
{{ 1 + 2 * 3 }} {{ (1 + 2) * 3 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 6 / 2 }}
{{ 2 ** 10 }} {{ 2 ** -1 }} {{ 2 ** 3 ** 2 }} {{ -2 ** 2 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 7 % -3 }}
{{ 1 + true }} {{ true + true }} {{ 1 == true }} {{ 1 == 1.0 }} {{ '1' == 1 }}
{{ 'a' ~ 1 ~ none ~ 2.0 ~ [1] }}
{{ 'a' + 'b' }} {{ [1] + [2] }} {{ (1,) + (2,) }} {{ 'ab' * 3 }} {{ 2 * [1, 2] }} {{ 'x' * -1 }}|
{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 3 > 2 >= 2 != 1 }} {{ 'a' < 'b' }} {{ [1, 2] < [1, 3] }} {{ (1, 2) <= (1, 2) }}
{{ 2 in [1, 2] }} {{ 'x' in d }} {{ 'z' not in d }} {{ 'qu' in text }} {{ not 1 in [2] }} {{ 1 in (1, 2) }} {{ '' in '' }}
{{ n and a }} {{ z and a }} {{ z or a }} {{ not z }} {{ empty or 'none' }} {{ 1 and 0 or 3 }}
{{ 'yes' if yes else 'no' }} {{ 'yes' if no }}| {{ 'a' if no else 'b' if no else 'c' }}
{{ words[0] }} {{ words[-1] }} {{ words[9] }}| {{ words[1:3] }} {{ words[::-1] }} {{ words[-2:] }} {{ a[1:] }} {{ a[::-2] }} {{ a[-3] }}
{{ a[10:] }}|{{ a[:-10] }}|{{ a[-100:100] }}|{{ numbers[3:0:-2] }}|{{ numbers[:1:-1] }}|{{ range(10)[2:8:3] | list }}
{{ d.x }} {{ d['x'] }} {{ d.y[1] }} {{ d.y.0 }} {{ d['key with space'] }} {{ d.nope }}| {{ d['nope'] }}|
{{ d['items'] }} {{ d.items() | list }} {{ d.keys() | list }} {{ d.values() | list }} {{ d.get('x') }} {{ d.get('q', 5) }} {{ d.get('q') }}
{{ d.items() }} {{ d.keys() }} {{ d.values() }}
{{ {'a': 1, 'b': {'c': [1, 'x']}, 1: 2, 1.5: none, true: 3} }}
{{ "it's" }} {{ ["it's", 'say "hi"', 'both \' and "', 'tab\t nl\n \\ \x07 é 日'] }}
{{ 'a\n\tb\\\'\x41\u00e9\101\q' }} {{ "dou\"ble" }} {{ 'con' 'cat' }}
{{ uni }} {{ uni | length }} {{ uni[-1] }} {{ uni[:6] }} {{ uni | upper }} {{ uni | list }} {{ [uni] }}
{{ uni | lower }} {{ 'ΑΣ ΣΑ' | lower }} {{ uni.title() }} {{ uni | reverse }} {{ uni.find('日') }}
{% if yes %}A{% endif %}{% if no %}B{% elif n == 7 %}C{% else %}D{% endif %}{% if z %}E{% else %}F{% endif %}
{% for w in words %}{{ loop.index }}/{{ loop.length }}:{{ w }}{% if not loop.last %}, {% endif %}{% endfor %}
{% for w in [] %}x{% else %}empty{% endfor %}
{% for w in missing %}x{% else %}none{% endfor %}
{% for w in words if w|length > 3 %}{{ loop.index0 }}{{ w }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }} {% endfor %}
{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}
{% for k in d %}{{ k }};{% endfor %}
{% for a, (b, c) in [(1, (2, 3)), (4, (5, 6))] %}{{ a }}{{ b }}{{ c }} {% endfor %}{{ a }}
{% for c in 'abc' %}{{ loop.cycle('odd', 'even') }}{{ c }}{{ loop.previtem }}{{ loop.nextitem }} {% endfor %}
{% for u in users %}{{ loop.changed(u.city) }} {% endfor %}
{% for t in tree recursive %}{{ t.v }}@{{ loop.depth }}{{ loop.depth0 }}[{{ loop(t.kids) }}]{% endfor %}
{% for i in range(3) %}{% for j in range(i) %}{{ i }}{{ j }}{{ loop.index }} {% endfor %}{% endfor %}
{% for i in range(5, 0, -2) %}{{ i }},{% endfor %}{{ range(3) }} {{ range(1, 9, 2) | list }} {{ range(0) | list }}
{% set x = 1 %}{% for i in [1, 2] %}{{ x }}{% set x = x + i %}{{ x }} {% endfor %}{{ x }}
{% set x = 1 %}{% if yes %}{% set x = 2 %}{% endif %}{{ x }}
{% set ns = namespace(total=0, s='') %}{% for i in numbers %}{% set ns.total = ns.total + i %}{% endfor %}{{ ns.total }}
{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a }}{{ ns.b }}{{ ns.c }}{{ ns }}
{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set t = 1, 2 %}{{ t }}
{% set x %}block {{ n }}{% endset %}{{ x }}{{ x | length }}{% set y | upper | replace('B', 'X') %}abc{% endset %}{{ y }}
{% set x = 5 %}{% set x = x * 2 %}{{ x }}{% with x = 1, y = x %}{{ x }}{{ y }}{% set x = 3 %}{{ x }}{% endwith %}{{ x }}
{% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q }}
{% macro m(a, b=2, c='x') %}[{{ a }}{{ b }}{{ c }}]{% endmacro %}{{ m(1) }}{{ m(1, c=3) }}{{ m(b=1) }}{{ m(1, 2, 3) }}
{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}{{ m() }}
{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, 5) }}
{% macro box(t) %}<{{ t }}>{{ caller() }}</{{ t }}>{% endmacro %}{% call box('p') %}in {{ n }}{% endcall %}
{% macro list(xs) %}{% for x in xs %}{{ caller(x, loop.index) }}{% endfor %}{% endmacro %}{% call(x, i) list(words) %}{{ i }}={{ x }} {% endcall %}
{% macro f(k) %}{{ k }}{% if k > 0 %}{{ f(k - 1) }}{% endif %}{% endmacro %}{{ f(5) }}
{% macro m() %}{{ late }}{% endmacro %}{% set late = 'L' %}{{ m() }}{{ m.name }}{{ m.arguments is defined }}
{% macro m() %}{% set inner = 1 %}{{ inner }}{% endmacro %}{{ m() }}{{ inner }}{{ m }}
{% filter upper %}shout {{ a }}{% endfilter %}{% filter replace('a', 'b') | title %}banana tart{% endfilter %}
{% raw %}{{ not }} {% parsed %} {# #}{% endraw %}{{ a }}
x {# comment {{ a }} #} y
{%- if yes -%}   trimmed   {%- endif -%}   end
  {%- raw -%}  keep  {%- endraw -%}  z
{{- a -}}   {{- b }} {{ a -}} c
{% block head %}B{{ a }}{% endblock %}{% block tail scoped %}T{% endblock tail %}
{% print a, b %}
{{ a is defined }} {{ missing is defined }} {{ missing is undefined }} {{ nil is none }} {{ z is none }} {{ a is string }} {{ n is string }}
{{ n is number }} {{ f is number }} {{ yes is number }} {{ n is integer }} {{ yes is integer }} {{ f is float }} {{ yes is boolean }} {{ yes is true }} {{ no is false }} {{ 1 is true }}
{{ d is mapping }} {{ words is mapping }} {{ words is sequence }} {{ a is sequence }} {{ d is sequence }} {{ n is sequence }} {{ words is iterable }} {{ n is iterable }}
{{ 3 is odd }} {{ 3 is even }} {{ 9 is divisibleby 3 }} {{ 9 is divisibleby(2) }} {{ range is callable }} {{ a is callable }}
{{ 1 is eq 1 }} {{ 1 is ne 2 }} {{ 2 is gt 1 }} {{ 2 is ge 2 }} {{ 1 is lt 2 }} {{ 1 is lessthan 0 }} {{ 'a' is in 'abc' }} {{ 1 is in [1] }} {{ 1 is sameas 1 }}
{{ 'abc' is lower }} {{ 'ABC' is upper }} {{ 'aB' is lower }} {{ '1' is upper }} {{ nil is not none }} {{ 'upper' is filter }} {{ 'nope' is filter }} {{ 'odd' is test }}
{{ a is not defined or n is odd and f is float }} {{ not a is none }} {{ n is eq(7) }} {{ 'x' is string and 1 }}
{{ text | trim }}|{{ 'xxaxx' | trim('x') }}|{{ text.strip() }}|{{ text.lstrip() }}|{{ text.rstrip('. ') }}|
{{ a | upper }} {{ a | lower }} {{ 'hello wORLD-foo (bar' | title }} {{ 'hELLO' | capitalize }} {{ b.title() }} {{ "they're bill's" | title }} {{ "they're".title() }}
{{ words | length }} {{ a | count }} {{ d | length }} {{ missing | length }} {{ range(5) | length }} {{ d.items() | length }}
{{ words | join(', ') }} {{ numbers | join }} {{ users | join('/', attribute='name') }} {{ 'abc' | join('-') }} {{ [1, none, 2.0] | join('|') }}
{{ 'a-b-a' | replace('a', 'X') }} {{ 'aaa' | replace('a', 'b', 2) }} {{ 'abc' | replace('', '-') }} {{ 121 | replace(1, 'x') }}
{{ missing | default('D') }} {{ nil | default('D') }} {{ nil | default('D', true) }} {{ empty | d('E', boolean=true) }} {{ missing | d }}|
{{ words | first }} {{ words | last }} {{ [] | first }}| {{ [] | last }}| {{ 'xyz' | first }} {{ d | first }} {{ d | last }}
{{ words | sort }} {{ words | sort(case_sensitive=true) }} {{ numbers | sort(reverse=true) }} {{ words | sort(true) }} {{ 'hello' | sort }}
{{ users | sort(attribute='age') | map(attribute='name') | list }} {{ users | sort(attribute='age,name', reverse=true) | map(attribute='name') | join(' ') }}
{{ words | unique | list }} {{ words | unique(true) | list }} {{ users | unique(attribute='city') | map(attribute='name') | list }} {{ [1, 1.0, true, '1'] | unique | list }}
{{ words | map('upper') | list }} {{ words | map('replace', 'p', 'q') | list }} {{ users | map(attribute='nick', default='-') | list }} {{ users | map(attribute='tags.0') | list }}
{{ [1, 2, 3, 4] | select('odd') | list }} {{ [1, 2, 3] | reject('odd') | list }} {{ [0, 1, '', 'a', none] | select | list }} {{ [1, 5, 3] | select('gt', 2) | list }} {{ [0, 1] | reject | list }}
{{ users | selectattr('nick') | map(attribute='name') | list }} {{ users | selectattr('age', 'equalto', 31) | map(attribute='name') | list }} {{ users | rejectattr('nick', 'defined') | map(attribute='name') | list }}
{{ users | selectattr('name', 'in', ['Ann', 'Cid']) | list | length }} {{ messages | selectattr('role', '==', 'user') | map(attribute='content') | first }}
{{ users | rejectattr('tags') | list | length }} {{ words | map('length') | sum }} {{ words | map('first') | join }}
{{ d | items | list }} {{ missing | items | list }} {{ {'b': 1, 'a': 2, 'C': 3} | dictsort }} {{ {'b': 1, 'a': 2, 'C': 3} | dictsort(true) }} {{ {'b': 1, 'a': 2} | dictsort(false, 'value') }} {{ {'b': 1, 'a': 2} | dictsort(reverse=true) }}
{% for city, group in users | groupby('city') %}{{ city }}:{{ group | map(attribute='name') | join(',') }};{% endfor %}
{% for g in users | groupby('nick', default='none') %}{{ g.grouper }}={{ g.list | length }} {% endfor %}{{ [{'k': 1}] | groupby('k') }}
{{ [1, 2, 3, 4, 5] | batch(2) | list }} {{ [1, 2, 3] | batch(2, 'x') | list }} {{ [1, 2, 3, 4, 5] | slice(3) | list }} {{ [1, 2, 3, 4] | slice(3, 'f') | list }}
{{ numbers | sum }} {{ users | sum(attribute='age') }} {{ [1.5, 2] | sum }} {{ [] | sum(start=4) }} {{ numbers | min }} {{ numbers | max }} {{ words | min }} {{ words | max }} {{ [] | min }}|{{ users | max(attribute='age') == users[0] }}
{{ 2.5 | round }} {{ 3.5 | round }} {{ 42.55 | round(1) }} {{ 2.675 | round(2) }} {{ 42.55 | round(1, 'floor') }} {{ 42.1 | round(method='ceil') }} {{ 42 | round }} {{ 1234 | round(-2) }} {{ 1234.5 | round(-2) }}
{{ -3 | abs }} {{ (-3) | abs }} {{ (-2.5) | abs }} {{ -z }} {{ +n }} {{ - f }}
{{ '42' | int }} {{ '42.7' | int }} {{ 'x' | int }} {{ 'x' | int(9) }} {{ '0x1f' | int(0, 16) }} {{ '101' | int(base=2) }} {{ 3.9 | int }} {{ -3.9 | int }} {{ true | int }} {{ none | int }} {{ ' 12 ' | int }} {{ '1_0' | int }}
{{ '3.5' | float }} {{ 'x' | float }} {{ 'x' | float(1.5) }} {{ 3 | float }} {{ '1e3' | float }} {{ 'inf' | float }} {{ 'nan' | float }} {{ '-Infinity' | float }}
{{ 3 | string }} {{ none | string }} {{ [1] | string }} {{ 1.0 | string ~ 'x' }} {{ 'abc' | list }} {{ d | list }} {{ (1, 2) | list }} {{ missing | list }}
{{ [1, 2, 3] | reverse | list }} {{ 'abc' | reverse }} {{ d | reverse | list }}
{{ 'one\ntwo\n\nthree' | indent }}|{{ 'one\ntwo' | indent(2, true) }}|{{ 'a\n\nb' | indent(1, blank=true) }}|{{ 'a\nb' | indent('>') }}|{{ 'a\n' | indent }}|
{{ 'The quick brown fox jumps' | truncate(9) }} {{ 'foo bar baz qux' | truncate(9, True) }} {{ 'foo bar baz qux' | truncate(11) }} {{ 'foo bar baz qux' | truncate(11, False, '..', 0) }} {{ 'short' | truncate(3) }}
{{ text | wordcount }} {{ "it's a_b-c" | wordcount }} {{ 'ab' | center(7) }}|{{ 'abc' | center(6) }}|{{ 'ab'.center(7, '*') }}
{{ html }} {{ html | e }} {{ html | escape | e }} {{ html | safe }} {{ html | e | forceescape }} {{ '<i>' | safe + '<b>' }} {{ '<b>' + '<i>' | safe }} {{ ('<i>' | safe) * 2 }} {{ ('%s' | safe) % '<' }}
{{ '<i>' | safe | upper + '<' }} {{ ('<i>' | safe) ~ '<' }} {{ html | striptags }} {{ '<!-- x --> a   <b>b</b> &lt;' | striptags }} {{ ['<' | safe] }} {{ ('<' | safe) is escaped }}
{{ d | tojson }} {{ html | tojson }} {{ uni | tojson }} {{ [1.0, 1e20, none, true, 'x'] | tojson }} {{ {'b': 1, 'a': 2} | tojson(indent=2) }} {{ {1: 2, none: 3} | length }} {{ [] | tojson(2) }}
{{ 'a b&c/é' | urlencode }} {{ {'a': 1, 'b c': 'd/e'} | urlencode }} {{ [('x', 1)] | urlencode }} {{ {'class': 'x', 'id': none, 'n': '<'} | xmlattr }}|
{{ 1 | filesizeformat }} {{ 999 | filesizeformat }} {{ 12345 | filesizeformat }} {{ 12345 | filesizeformat(true) }} {{ 5e9 | filesizeformat }}
{{ '%s has %d and %.2f' | format('a', 3, 2.5) }} {{ '%(x)s' | format(x=1) }} {{ '%s-%s' % (1, 'b') }} {{ '%05d|%-5s|%5s|%+d|%x|%X|%o|%e|%g|%%' % (42, 'ab', 'cd', 3, 255, 255, 8, 12345.678, 0.0001) }} {{ '%r' % 'a' }} {{ '%.3s' % 'abcdef' }} {{ '%c' % 65 }} {{ '%5.1f|' % 2.25 }}
{{ '{} {}'.format(1, 'b') }} {{ '{1}{0}'.format('a', 'b') }} {{ '{x:>5}|{y:<4}|{z:^5}|'.format(x='a', y='b', z='c') }} {{ '{:.2f} {:05d} {:,} {:x} {:+d} {:%} {:*^7}'.format(3.14159, 42, 1234567, 255, 5, 0.25, 'mid') }} {{ '{{}}'.format() }} {{ '{0[0]} {0[1]}'.format([1, 2]) }} {{ '{!r}'.format('x') }} {{ '{:e}'.format(12345.678) }} {{ '{:8.3}|'.format(2.0) }}
{{ 'a,b,,c'.split(',') }} {{ ' a  b c '.split() }} {{ 'a b c d'.split(' ', 2) }} {{ 'a b c d'.rsplit(' ', 1) }} {{ ' a  b  c '.split(none, 1) }} {{ ' a  b  c '.rsplit(none, 1) }} {{ 'abc'.split('x') }} {{ ''.split() }} {{ ''.split(',') }} {{ 'aaa'.rsplit('aa', 1) }} {{ 'a</think>b</think>c'.split('</think>')[-1] }}
{{ 'a\nb\r\nc\n'.splitlines() }} {{ 'a\nb'.splitlines(true) }} {{ 'a-b-c'.partition('-') }} {{ 'a-b-c'.rpartition('-') }} {{ 'abc'.partition('x') }}
{{ a.startswith('Al') }} {{ a.startswith(('x', 'Al')) }} {{ a.endswith('ha') }} {{ a.endswith('') }} {{ a.startswith('p', 2) }} {{ a.endswith('p', 0, 3) }} {{ 'é'.startswith('e') }}
{{ a.upper() }} {{ a.lower() }} {{ 'aB'.swapcase() }} {{ 'abc'.capitalize() }} {{ a.find('p') }} {{ a.find('zz') }} {{ 'banana'.rfind('an') }} {{ 'banana'.index('n') }} {{ 'banana'.count('an') }} {{ 'aaa'.count('aa') }} {{ 'abc'.count('') }} {{ 'banana'.find('a', 2) }} {{ 'banana'.find('a', -1) }}
{{ 'banana'.replace('a', 'o', 1) }} {{ '-'.join(['a', 'b']) }} {{ 'ab'.join('xyz') }} {{ 'x'.ljust(3) }}| {{ 'x'.rjust(3, '0') }} {{ '-5'.zfill(4) }} {{ 'a\tb'.expandtabs(4) }} {{ 'prefix-x'.removeprefix('prefix-') }} {{ 'x.txt'.removesuffix('.txt') }}
{{ '12'.isdigit() }} {{ '1a'.isdigit() }} {{ 'ab'.isalpha() }} {{ 'a1'.isalnum() }} {{ ' '.isspace() }} {{ ''.isdigit() }} {{ 'AB'.isupper() }} {{ 'ab'.islower() }} {{ 'Ab Cd'.istitle() }} {{ 'AB'.istitle() }} {{ '²'.isdigit() }} {{ '½'.isnumeric() }} {{ 'a_1'.isidentifier() }}
{{ numbers.count(2) }} {{ numbers.index(1) }} {{ (1, 2, 1).count(1) }} {{ numbers.copy() }} {{ (2.0).is_integer() }} {{ d.copy().x }}
{% set l = [] %}{% for i in numbers %}{{ l.append(i * 2) or '' }}{% endfor %}{{ l }}{{ l.pop() }}{{ l }}{% set _ = l.extend([9]) %}{% set _ = l.insert(0, 'i') %}{{ l }}
{% set e = {} %}{% set _ = e.update({'k': 1}) %}{% set _ = e.update(j=2) %}{{ e }}{{ e.setdefault('k', 5) }}{{ e.pop('k') }}{{ e }}
{{ dict(a=1, b=2) }} {{ dict([('x', 1)]) }} {{ dict({'q': 1}, r=2) }} {{ dict() }}
{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ c.next() }}
{% set j = joiner('|') %}{% for i in [1, 2, 3] %}{{ j() }}{{ i }}{% endfor %}
{{ zip(numbers, words) | list }} {% for x, y in zip([1, 2], 'ab') %}{{ x }}{{ y }}{% endfor %}
{{ choices[label] }} {{ choices | join(', ') }} {{ ['only'] | choice }} {{ [1, 2, 2, 1, 3] | most_frequent }} {{ [] | most_frequent }}
Is this {{ choices[:-1] | join(', ') }} or {{ choices[-1] }}?\n{{ a }} ||| {{ choices[label] if label >= 0 else 'unknown' }}
{% if label == 1 %}Given {{ a }}, {{ ['x'] | choice }}: ||| {{ {0: 'no', 1: 'yes'}[label] }}{% endif %}
{{ {"0": "neg", "1": "pos"}[label | string] }} ||| {{ ["neg", "pos"][label] }} {{ a | lower | replace('a', '') | trim }}
{{ [1, 2, 3] | map('string') | join(',') }} {{ [[1, 2], [3]] | map('sum') | list }} {{ [[1, 2], [3]] | sum(start=[]) }} {{ [3, 1] | map('abs') | sort | first }}
{{ none == nil }} {{ missing == nope }} {{ missing == none }} {{ missing == '' }} {{ [1, 2] == [1, 2.0] }} {{ {'a': 1} == {'a': 1.0} }} {{ (1,) == [1] }} {{ 'é' == 'é' }}
{{ {} is none }} {{ [] or 'e' }} {{ 0.0 or 'z' }} {{ '0' and 'str' }} {{ {'a': 1}.a }} {{ {'a': {'b': 2}}['a']['b'] }} {{ [[1, 2], [3, 4]][1][0] }}
{{ words[1:] | first | upper ~ '!' }} {{ (words | sort)[0] }} {{ words|sort|last }} {{ -1 | abs + 2 }} {{ 1 if not none }} {{ (none or 'x') is string }}
{% if a %}{{ a }}{% endif %} {%+ if yes +%} plus {%+ endif +%} {{+ 1 }}
{% set x = namespace(a=1) %}{% set x.a, y = 5, 6 %}{{ x.a }}{{ y }}{% set x.b %}blk{% endset %}{{ x.b }}
{{ m }}{% macro m() %}{% endmacro %}
{% for i in [1,2] %}{% if loop.first %}{% set q = 1 %}{% endif %}{{ q }}{% endfor %}
{% for x in [3, 1] | sort %}{{ x }}{% endfor %}{% for x in 1, 2 %}{{ x }}{% endfor %}
{{ [1, 2, 3,] }} {{ {'a': 1,} }} {{ (1, 2,) }} {{ dict(a=1,) }} {{ range(*[1, 4]) | list }} {{ dict(**{'k': 1}) }}
{{ '' if true }}|
{{ 'The quick brown fox jumps over the lazy dog' | wordwrap(10) }} {{ 'aaaaaaaaaaaaaaaaaaaa bb' | wordwrap(8) }} {{ 'well-known fact here' | wordwrap(6) }} {{ 'aaaaaaaaaaaa b' | wordwrap(5, false) }}
{{ users | map(attribute='name') | map('lower') | select('in', ['ann', 'cid']) | list }} {{ users[0] }}
{{ d | attr('x') }}|{{ 'abc' | attr('upper') is defined }} {{ d.items is callable }} {{ 5 | string | length }} {{ a.upper is callable }}
{{ '' | first }}| {{ (n, a) }} {{ n ~ '' == '7' }} {{ 3 == 3.0 == true }} {{ 5 // 2.0 }} {{ 10 % 3.5 }} {{ 1e308 * 10 }} {{ -1e308 * 10 }}
{{ [{'s': 1}, {'t': 2}] | sort(attribute='q') }} {{ [nil, nil] | sort }} {{ [missing, nope] | sort | length }}
{% set seen = [] %}{% for w in ['x', 'y', 'x'] if w not in seen %}{{ seen.append(w) or w }}{% endfor %}{{ seen }}
{% for w in words if w is number %}{{ w }}{% else %}none{% endfor %}{% for w in words if w is string %}{% if loop.last %}{{ loop.length }}{% endif %}{% else %}none{% endfor %}
{% for t in [[1, [2, [3]]], [4]] recursive %}{{ loop.depth }}{% if t is iterable %}({{ loop(t) }}){% else %}{{ t }}{% endif %}{% endfor %}
{{ [3, 1, 2][::-1] }} {{ 'abcdef'[::2] }} {{ 'abcdef'[-2::-2] }} {{ (1, 2, 3)[:-1] }} {{ range(9)[2:8:3] | list }} {{ missing is callable }}
{% macro list_of(x) %}<{{ varargs | join('+') }}|{{ kwargs | dictsort }}|{{ caller(x) if caller is defined else '' }}>{% endmacro %}{{ list_of(1, 2, 3, k=4) }}{% call(y) list_of(5) %}[{{ y }}]{% endcall %}
{% filter upper | replace('A', 'x') %}a{{ b }}{% endfilter %}{% with q = 1, w = 2 %}{{ q }}{{ w }}{% endwith %}{% raw %}{{ raw }}{% endraw %}{# gone #}
"""

# Errors, each alone on a line.
PLAIN_ERRORS = r"""
{{ missing.attribute }}
{{ missing['key'] }}
{{ missing() }}
{{ missing + 1 }}
{{ missing < 1 }}
{{ -missing }}
{{ d.nope.deeper }}
{{ 1 + 'a' }}
{{ 'a' + 1 }}
{{ [1] + (2,) }}
{{ 1 < 'a' }}
{{ none < 1 }}
{{ 1 / 0 }}
{{ 1 // 0 }}
{{ 1 % 0 }}
{{ 1 in 5 }}
{{ 1 in 'abc' }}
{{ n() }}
{{ n.foo() }}
{% for x in 5 %}{% endfor %}
{% for x in none %}{% endfor %}
{% for a, b in [(1, 2, 3)] %}{% endfor %}
{% for a, b in [1] %}{% endfor %}
{% set a, b = [1] %}
{{ n | nofilter }}
{{ n is notest }}
{{ [1, 'a'] | sort }}
{{ 'x' | items | list }}
{{ 5 | length }}
{{ {[]: 1} }}
{{ d[[1]].x }}
{{ 'abc'.index('z') }}
{{ [1].index(2) }}
{{ ''.split('') }}
{{ '%d' % 'x' }}
{{ '%s %s' % 'x' }}
{{ '%s' % (1, 2) }}
{{ '{}'.format() }}
{{ '{x}'.format(y=1) }}
{{ range(1, 2, 0) }}
{{ range('a') }}
{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}{% endmacro %}{{ m(q=1) }}
{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}
{% set x = {} %}{% set x.a = 1 %}
{{ {}.fromkeys.x.y }}
{{ [1] | join(', ') | first | nope }}
{{ 'a' | round }}
{{ 2 | round(1, 'up') }}
{{ d | dictsort(by='z') }}
{{ [1, 2] | tojson(1, 2, 3) }}
{{ missing | tojson }}
{{ users | map(attribute='name') | length }}
{{ users | map(attribute='name') | tojson }}
{{ [1] | map | list }}
{{ [{}] | selectattr | list }}
{{ [1, 2] | min(attribute='x.y') }}
{{ missing | int }}
{{ 'abc' | truncate(1) }}
{{ loop.index }}
{{ 'a'.join([1]) }}
{% if %}{% endif %}
{% if a %}
{% endif %}
{% for x in y %}
{% for in y %}{% endfor %}
{% unknown %}
{% else %}
{{ a
{{ a }
{{ }}
{{ a b }}
{{ a | }}
{{ a. }}
{{ a[ }}
{{ (1 }}
{{ [1, 2 }}
{{ {1 2} }}
{{ 'unclosed }}
{{ a is }}
{{ a is defined is defined }}
{{ f(a=1, 2) }}
{{ f(**a, *b) }}
{{ 1 +* 2 }}
{{ ! }}
{{ a ? b : c }}
{{ a && b }}
{{ $x }}
{# unclosed
{% raw %} unclosed
{% set %}
{% set 1 = 2 %}
{% set true = 1 %}
{% macro %}{% endmacro %}
{% macro m(a=1, b) %}{% endmacro %}
{% call x %}{% endcall %}
{% break %}
{% for x in y %}{% endif %}{% endfor %}
{% block %}{% endblock %}
{% with a %}{% endwith %}
{{ ] }}
{% if a %}{% else %}{% else %}{% endif %}
{{ '\x4' }}
{{ n[1:2] }}
{{ d[1:2] }}
{{ nil[:1] }}
{{ [1, nil] | sort }}
{% include 'x' %}
{% import 'x' as y %}
{% extends 'x' %}
{% from 'x' import y %}
"""

MULTILINE_PLAIN = [
    "line\n{% if yes %}\n  in\n{% endif %}\nout\n",
    "a\r\nb\r{{ n }}\r\n",
    "{% for x in numbers %}\n  - {{ x }}\n{% endfor %}\n\n",
    "{%- for x in numbers -%}\n  {{ x }}\n{%- endfor -%}\nend",
    "no newline at end",
    "two newlines at end\n\n",
    "",
    "\n",
    "{{ '{{' }} {{ '%}' }} {{ \"}}\" }} { } {a} }} %} #}",
    "{{ {'a': {'b': 1}}}}",
    "{{ [{'a': [1, {'b': 2}]}] }}{#-x-#}  y",
    "{# a\nb #}\nc {%- set x = 1 -%}\n d",
    "Question: {{a}}\nContext: {{b}}\n|||\n{{ words[0] }}",
    '{% if label in [0, 1] %}\n{{ a }}\nQuestion: {{ b }} True or False? ||| {{ {0: "True", 1: "False"}[label] }}\n{% endif %}',
    "{{ 1\n+ 2 }}{{ [\n1,\n2\n] }}",
]

CHAT = [
    "{% for m in messages %}\n  {{ m.role }}: {{ m.content }}\n{% endfor %}\nend\n",
    "{% for m in messages %}\n    {%- if m.role == 'user' %}\n        {{- 'U:' + m.content }}\n    {%- else %}\n        {{- m['content'] | trim + '\\n' }}\n    {%- endif %}\n{%- endfor %}",
    "  {% if yes %}\n  x\n  {% endif %}\n  y {% if yes %}\nz{% endif %}\n",
    "  {# comment #}\n  a\n {#- c -#}\n b",
    "  {%+ if yes %}\nkept{% endif %}\n",
    "\t{% raw %}\n  {{ x }}\n  {% endraw %}\n tail",
    "x\n  {{ n }}\n  {%- set q = 1 %}\n{{ q }}",
    "{% for i in range(10) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 5 %}{% break %}{% endif %}{{ i }}{% endfor %}",
    "{% for i in [1,2] %}{% for j in [1,2,3] %}{% if j == 2 %}{% break %}{% endif %}{{ i }}{{ j }} {% endfor %}{% endfor %}",
    "{% for i in [1,2,3] %}{% with x = i %}{% if x == 2 %}{% break %}{% endif %}{{ x }}{% endwith %}{% endfor %}",
    "{% generation %}{% set x = 1 %}{{ x }}text{% endgeneration %}{{ x }}",
    "{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{{ loop.index }}{% endgeneration %}{% endif %}{% endfor %}",
    "{{ messages[2].tool_calls[0].function | tojson }}",
    "{{ messages | tojson(indent=4) }}",
    "{{ messages[2].tool_calls[0].function.arguments | tojson(ensure_ascii=true) }} {{ d | tojson(sort_keys=true) }} {{ d | tojson(separators=(',', ':')) }}",
    "{{ [] | tojson(indent=2) }} {{ {} | tojson(indent=2) }} {{ html | tojson }} {{ '\\x7f\\x01/' | tojson }} {{ 1.0 | tojson }} {{ (1, 2) | tojson }} {{ {1: none, true: 1.5, none: 2} | tojson }}",
    "{{ raise_exception('stop') }}",
    "{% if messages[0].role != 'user' %}{{ raise_exception('roles') }}{% endif %}",
    "{{ [].append(1) }}",
    "{{ {}.update({}) }}",
    "{{ [].append is defined }} {{ ''.__class__ is defined }} {{ d.update is defined }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ range(200000) | length }}",
    "{% break %}",
    "{% for i in [1] %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}",
    "{% do x %}",
    "{% generation %}open",
    "{{ messages[0]['role'] | upper }} {{ messages[-1].content }} {{ messages[1:] | length }} {{ messages[0].nope is defined }} {{ messages[0].get('x', 'y') }}",
    "{% set ns = namespace(found=false) %}{% for m in messages[::-1] %}{% if not ns.found and m.role == 'user' %}{% set ns.found = true %}{{ loop.index0 }}{% endif %}{% endfor %}{{ ns.found }}",
    "{% if messages[0]['role'] == 'system' %}{% set sys = messages[0]['content'] %}{% set loop_messages = messages[1:] %}{% else %}{% set loop_messages = messages %}{% endif %}{{ sys }}{{ loop_messages | length }}",
    "{{ tools is not none and tools }} {{ tools is defined }} {% if not tools is defined %}{% set tools = none %}{% endif %}{{ tools }}",
    "{{ bos_token }}{{ '<s>' }}{% if add_generation_prompt %}x{% endif %}",
    "{% macro render(x, depth=0) %}{% if x is mapping %}{% for k, v in x | items %}{{ '  ' * depth }}{{ k }}:{{ render(v, depth + 1) }}{% endfor %}{% else %}{{ x }};{% endif %}{% endmacro %}{{ render({'a': 1, 'b': {'c': 2}}) }}",
    "{{ '<tool>' | safe + '<x>' }} {{ d | tojson | safe }}",
    "{% set content %}\n  {{ a }}\n{% endset %}[{{ content }}]",
    "{{ 'a' in messages[0] }} {{ 'role' in messages[0] }} {{ messages[0] }} {{ messages[2].tool_calls is string }} {{ messages[0].content is string }}",
    "{{ messages | map(attribute='role') | join(',') }} {{ (messages | selectattr('role', 'equalto', 'user') | list)[0].content }} {{ messages | rejectattr('role', 'in', ['system']) | list | length }}",
    "{% for k in d | dictsort %}{{ k }}{% endfor %}",
    "{%- if true -%}\n\n a \n\n{%- endif %}\n\n b",
    "{% set x = 'a' -%}\n   {{ x }}",
    "a\n   {%- if yes %}\n   b\n   {%- endif +%}\n   c",
    "{% if yes %}   {% if yes %}\n   x\n   {% endif %}   {% endif %}",
]


def case(options, template):
    environment = ENVIRONMENTS[options]
    row = {"template": template, "options": options}
    try:
        row["undeclared"] = sorted(meta.find_undeclared_variables(environment.parse(template)))
    except TemplateError:
        pass
    try:
        row["expected"] = environment.from_string(template).render(**json.loads(json.dumps(VARIABLES)))
    except Exception as error:  # any failure of the reference
        row["error"] = f"{type(error).__name__}: {error}"[:120]
    return row


def main():
    folder = os.path.dirname(os.path.abspath(__file__))
    rows = []
    for line in PLAIN.strip("\n").split("\n"):
        # Each output of a line is a case of its own where it is independent of the others.
        rows.append(case("plain", line))
        if "expected" not in rows[-1]:
            print("unexpected error:", line, rows[-1]["error"])
    rows += [case("plain", text) for text in MULTILINE_PLAIN]
    for line in PLAIN_ERRORS.strip("\n").split("\n"):
        rows.append(case("plain", line))
        if "error" not in rows[-1]:
            print("no error:", line, repr(rows[-1]["expected"]))
    rows += [case("chat", text) for text in CHAT]
    with open(os.path.join(folder, "cases.jsonl"), "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    with open(os.path.join(folder, "variables.json"), "w", encoding="utf-8") as file:
        json.dump(VARIABLES, file, ensure_ascii=False, indent=1)
    print(len(rows), "cases,", sum("error" in row for row in rows), "of them errors")


if __name__ == "__main__":
    main()
