"""Renders templates that visit each part of the language, corner cases included, into language.jsonl, and lists the
built-in filters, tests and functions of jinja2 in builtins.json.

Needs Python 3.11 or 3.12, jinja2==3.1.6 and markupsafe==3.0.4. Run: python3 make_language.py
The environment is that of chat templates in transformers; each line: {"template", "expected"} or "error" instead of
"expected". The variables are those of make_jinja.py. Every line of a section is a template of its own, and so is each
output of a line that has nothing but outputs.
"""

import json
import os
import re

from jinja2.defaults import DEFAULT_NAMESPACE
from jinja2.filters import FILTERS
from jinja2.tests import TESTS
from make_jinja import VARIABLES, chat_environment

SECTIONS = {}

SECTIONS["filter abs"] = r"""
{{ -3 | abs }} {{ (-3) | abs }} {{ -2.5 | abs }} {{ true | abs }} {{ false | abs }} {{ -0.0 | abs }}
{{ 'x' | abs }}
{{ none | abs }}
{{ missing | abs }}
"""

SECTIONS["filter attr"] = r"""
{{ 'abc' | attr('upper') is callable }} {{ d | attr('x') is defined }} {{ d | attr('keys') is defined }} {{ n | attr('real') }}
{{ ('abc' | attr('upper'))() }} {{ (d | attr('get'))('x') }}
{{ 'abc' | attr('__class__') is defined }} {{ [] | attr('append') is defined }}
{{ missing | attr('x') }}
{{ d | attr }}
"""

SECTIONS["filter batch"] = r"""
{% for row in range(7) | batch(3) %}{{ row }}{% endfor %} {% for row in range(7) | batch(3, 'x') %}{{ row }}{% endfor %}
{{ [] | batch(2) | list }} {{ [1] | batch(5, 0) | list }} {{ 'abcde' | batch(2) | list }} {{ d | batch(2) | list }}
{{ [1, 2, 3, 4] | batch(2, 'x') | list }} {{ [1, 2] | batch(linecount=1) | map('first') | list }}
{{ [1, 2, 3] | batch(2, none) | list }} {{ [1, 2, 3] | batch(2, '') | list }} {{ [1, 2, 3] | batch(2, false) | list }}
{{ [1, 2] | batch | list }}
{{ 5 | batch(2) | list }}
"""

SECTIONS["filter capitalize, title, upper, lower"] = r"""
{{ 'hELLO wORLD' | capitalize }} {{ '' | capitalize }}| {{ 'éa' | capitalize }} {{ 'ǆa' | capitalize }} {{ 'ßx' | capitalize }} {{ 12 | capitalize }}
{{ 'hello world-wide (web) [x] {y} <z> o\'neil' | title }} {{ 'a1b 2c' | title }} {{ 'ÉCOLE' | title }} {{ '--a--b' | title }} {{ 'a\tb\nc' | title }}
{{ "it's a dog's life" | title }} {{ 'x_y.z' | title }} {{ 'ǆa ßb' | title }} {{ none | title }} {{ 'a/b c' | title }}
{{ 'straße' | upper }} {{ 'ŉ ǆ ﬁ' | upper }} {{ none | upper }} {{ 1.5 | upper }} {{ missing | upper }}|
{{ 'ÀÉΣ ΑΣ Σ' | lower }} {{ 'İ' | lower | length }} {{ true | lower }} {{ [1, 'A'] | lower }}
{{ ('<b>' | safe | upper) is escaped }} {{ ('<b>' | safe | title) }} {{ ('<B>' | safe | lower) is escaped }}
{{ 'a' | upper('x') }}
"""

SECTIONS["filter center"] = r"""
[{{ 'ab' | center(6) }}] [{{ 'ab' | center(5) }}] [{{ 'abc' | center(6) }}] [{{ 'abc' | center(2) }}] [{{ 'é' | center(4) }}] [{{ 5 | center(3) }}]
[{{ 'x' | center }}] [{{ '' | center(3) }}] [{{ 'x' | center(width=3) }}] [{{ 'x' | center(0) }}] [{{ 'x' | center(-1) }}]
{{ 'x' | center('5') }}
{{ 'x' | center(4, '*') }}
"""

SECTIONS["filter default"] = r"""
{{ missing | default('x') }} {{ missing | d('x') }} {{ missing | default }}| {{ '' | default('x') }}| {{ '' | default('x', true) }} {{ none | default('x') }} {{ none | d('x', true) }}
{{ 0 | default(5, boolean=true) }} {{ d.nope | default({'a': 1}) }} {{ d['q'] | default([]) }} {{ missing | default(default_value=3) }} {{ [] | default('e', 1) }}
{{ missing.deep | default('x') }}
{{ d.nope.deeper | default('x') }}
{{ missing | default('x', true, 1) }}
"""

SECTIONS["filter dictsort"] = r"""
{{ {'b': 1, 'A': 2, 'c': 0} | dictsort }} {{ {'b': 1, 'A': 2, 'c': 0} | dictsort(true) }} {{ {'b': 1, 'A': 2, 'c': 0} | dictsort(false, 'value') }}
{{ {'b': 1, 'A': 2} | dictsort(reverse=true) }} {{ {'b': 'x', 'A': 'X'} | dictsort(by='value') }} {{ {2: 'a', 1: 'b'} | dictsort }} {{ {} | dictsort }}
{{ {'a': 1, 'A': 0} | dictsort }} {{ {'A': 0, 'a': 1} | dictsort }} {{ {1.5: 0, 1: 0, true: 3} | dictsort }}
{{ {1: 'a', 'x': 'b'} | dictsort }}
{{ [1] | dictsort }}
{{ {'a': 1} | dictsort(by='x') }}
{{ {'a': none, 'b': 1} | dictsort(by='value') }}
{{ missing | dictsort }}
"""

SECTIONS["filter escape, forceescape, safe, striptags, xmlattr"] = r"""
{{ html | e }} {{ html | escape }} {{ html | e | e }} {{ html | safe | e }} {{ html | forceescape }} {{ html | e | forceescape }} {{ 5 | e }} {{ none | e }} {{ [html] | e }}
{{ '<a>' | safe + '<b>' }} {{ '<a>' + ('<b>' | safe) }} {{ ('<a>' | safe) ~ '<b>' }} {{ ('%s' | safe) % '<x>' }} {{ ('{}' | safe).format('<x>') }} {{ ('<b>' | safe) * 2 }}
{{ ('<a>' | safe).join(['<', '>' | safe]) }} {{ ['<', '>'] | join('<br>' | safe) }} {{ ['<' | safe, '>'] | join(',') }} {{ '<' | safe | string is escaped }}
{{ ('<b>' | safe).replace('b', '<i>') }} {{ ('<b>' | safe) | replace('b', '&') }} {{ ('a,<b>' | safe).split(',') }} {{ ('<b>' | safe)[0] }} {{ ('<b>' | safe)[1:] }}
{{ '<p>Hello <b>big</b>\n  world</p> &amp; &lt;co&gt; <!-- c <x> --> end' | striptags }} {{ 'a < b' | striptags }} {{ 'a < b > c' | striptags }} {{ '<<a>>b' | striptags }} {{ '&eacute;&#233;&#x41;&nbsp;&unknown;x' | striptags }} {{ 5 | striptags }}
{{ '<!-- a --> b <!-- c' | striptags }} {{ 'x<y' | striptags }} {{ '<a\nb>c' | striptags }} {{ '&copy; &hellip; &euro; &amp;lt; &quot;x&quot; &apos;' | striptags }}
{{ '&amp &lt &copy &AMP; &frac12; &#0; &#x80; &#xD800; &#1114112; &notit; &notin; &;' | striptags }} {{ '&Aacute;&zwj;&larr;&forall;' | striptags }}
{{ {'class': 'a b', 'missing': none, 'id': 'x<y', 'n': 5} | xmlattr }}| {{ {} | xmlattr }}| {{ {'a': 'b'} | xmlattr(false) }} {{ {'a': missing} | xmlattr }}| {{ {'data-x': "q'\""} | xmlattr(autospace=true) }}
{{ {'a b': 1} | xmlattr }}
{{ {'a>': 1} | xmlattr }}
{{ {'a/b': 1} | xmlattr }}
{{ {'a=b': 1} | xmlattr }}
{{ [1] | xmlattr }}
{{ ['<b>'] | map('e') | join(' ') }} {{ '<' | e | length }} {{ ('<' | e).upper() }} {{ ('&' | e) == '&amp;' }} {{ '<' | e in ['&lt;'] }}
{{ ('a' | safe) ~ 1 ~ '<' }} {{ ['<', 'b' | safe] }} {{ ('x' | safe).strip() is escaped }} {{ ('<i>' | safe) | capitalize }} {{ ('<i>' | safe) | trim }} {{ '<i>' | safe | truncate(2, true, '') }}
"""

SECTIONS["filter filesizeformat"] = r"""
{{ 0 | filesizeformat }} {{ 1 | filesizeformat }} {{ 2 | filesizeformat }} {{ 999 | filesizeformat }} {{ 1000 | filesizeformat }} {{ 1024 | filesizeformat(true) }} {{ 1023 | filesizeformat(true) }} {{ 999999 | filesizeformat }}
{{ 1500000000 | filesizeformat }} {{ 1e15 | filesizeformat }} {{ 1e25 | filesizeformat }} {{ 1e30 | filesizeformat(binary=true) }} {{ '13' | filesizeformat }} {{ 1.5 | filesizeformat }} {{ true | filesizeformat }} {{ -5 | filesizeformat }} {{ -2000 | filesizeformat }}
{{ 'x' | filesizeformat }}
{{ none | filesizeformat }}
"""

SECTIONS["filter first, last, length, count"] = r"""
{{ [1, 2] | first }} {{ 'é2' | first }} {{ [] | first }}| {{ {'k': 1} | first }} {{ range(3, 9) | first }} {{ missing | first }}| {{ (1, 2) | first }} {{ d.items() | first }}
{{ [1, 2] | last }} {{ 'ab' | last }} {{ [] | last }}| {{ {'k': 1, 'j': 2} | last }} {{ range(3, 9) | last }} {{ missing | last }}| {{ d.keys() | last }}
{{ [1, 2] | length }} {{ 'aé🙂' | count }} {{ {} | length }} {{ range(5) | length }} {{ missing | length }} {{ d.items() | length }} {{ 'e\u0301' | length }}
{{ [1] | map('string') | last }}
{{ 5 | first }}
{{ none | last }}
{{ 5 | length }}
{{ none | count }}
{{ (words | map('upper')) | length }}
"""

SECTIONS["filter float, int"] = r"""
{{ '1.5' | float }} {{ 'x' | float }} {{ 'x' | float(2) }} {{ 'x' | float(default='d') }} {{ 1 | float }} {{ true | float }} {{ none | float }} {{ '  3e2 ' | float }} {{ 'inf' | float }} {{ '-Infinity' | float }} {{ 'nan' | float }} {{ '1_0.5' | float }} {{ '1__0' | float }} {{ '0x10' | float }} {{ '.5' | float }} {{ '5.' | float }} {{ '' | float }}
{{ '١٢' | int }} {{ '١.٥' | float }} {{ [] | float }} {{ {} | int }} {{ '1e400' | float }} {{ '1e-400' | float }} {{ '+1.5' | float }} {{ '--1' | float }} {{ '1 2' | float }}
{{ '12' | int }} {{ '12.7' | int }} {{ -12.7 | int }} {{ 'x' | int }} {{ 'x' | int(-1) }} {{ '0x1F' | int }} {{ '0x1F' | int(0, 16) }} {{ '1F' | int(base=16) }} {{ '0b101' | int(0, 2) }} {{ '0o17' | int(base=8) }} {{ '101' | int(0, 2) }} {{ '0x1F' | int(base=0) }} {{ '012' | int(base=0) }} {{ '012' | int }}
{{ true | int }} {{ none | int }} {{ none | int(default=none) }} {{ ' 42\n' | int }} {{ '4_2' | int }} {{ '_42' | int }} {{ '1e3' | int }} {{ '-0' | int }} {{ '+7' | int }} {{ '' | int(9) }} {{ '7z' | int(base=36) }} {{ '9' | int(base=8) }} {{ 'inf' | int(3) }} {{ 2.5 | int(base=16) }} {{ 'nan' | int }}
{{ '- 1' | int }} {{ '+-1' | int }} {{ '0x' | int }} {{ '0xg' | int(5, 16) }} {{ '0b12' | int(5, 2) }} {{ '-0x1f' | int(0, 16) }} {{ '0x_1f' | int(0, 16) }} {{ '1.0e2' | int }} {{ 'True' | int }} {{ '1,000' | int }}
{{ '5' | int(base=1) }}
{{ '5' | int(base=40) }}
{{ missing | int }}
{{ missing | float }}
{{ [1] | int }}
"""

SECTIONS["filter format"] = r"""
{{ '%s, %s!' | format('a', 1) }} {{ '%(x)s %(y)05.1f' | format(x='q', y=2.25) }} {{ 'none' | format }} {{ '%%' | format }} {{ '%s' | format(none) }} {{ '%s' | format([1, 'a']) }} {{ '%s%%' | format(5) }}
{{ '%5s|%-5s|%05d|%+d|% d|%x|%#x|%#o|%o|%X' | format('a', 'b', 42, 3, 4, 255, 255, 8, 8, 255) }} {{ '%.2f|%8.3f|%-8.1f|%e|%E|%g|%G' | format(1.005, 3.14159, 2.5, 12345.678, 0.00012, 1e10, 1e-10) }}
{{ '%c%c' | format('x', 65) }} {{ '%r|%a' | format('é', 'é') }} {{ '%.2s' | format('abc') }} {{ '%*d' | format(5, 42) }} {{ '%-*d|' | format(5, 42) }} {{ '%.*f' | format(2, 3.14159) }} {{ '%ld' | format(5) }} {{ '%i %u' | format(3.9, 4) }}
{{ '%d' | format(3.99) }} {{ '%d' | format(true) }} {{ '%s' | format(true) }} {{ '%5.1f%%' | format(12.345) }} {{ '%g %g %g' | format(100000, 1000000, 1e-5) }} {{ '%#.3g' | format(1.0) }} {{ '%g' | format(0.1) }} {{ '%05s|' | format('ab') }} {{ '%+.1e' | format(0) }} {{ '%f' | format(1e20) }}
{{ '%s %s' | format('a') }}
{{ '%s' | format('a', 'b') }}
{{ '%d' | format('a') }}
{{ '%(x)s' | format(y=1) }}
{{ '%s' | format(1, x=2) }}
{{ '%z' | format(1) }}
{{ '%' | format(1) }}
{{ '%x' | format(1.5) }}
{{ '%c' | format('ab') }}
{{ '%f' | format(none) }}
{{ '%(x)s' % {'x': 1, 'y': 2} }} {{ '%s' % {'x': 1} }} {{ '%s' % [1, 2] }} {{ '%s %s' % (1, 2) }} {{ '%s' % ((1, 2),) }} {{ 'a' % [] }} {{ 'a' % {} }} {{ '%d%%' % 5 }} {{ '%s' % missing }} {{ '%s' % none }}
{{ 'a' % 5 }}
{{ 'a' % (1,) }}
{{ '%s %s' % 'ab' }}
{{ '%s %s' % [1, 2] }}
{{ '%(a' % {'a': 1} }}
{{ '%(x)s' % 5 }}
"""

SECTIONS["filter groupby"] = r"""
{% for city, list in users | groupby('city') %}{{ city }}:{{ list | map(attribute='name') | join(',') }};{% endfor %}
{% for g in users | groupby('age') %}{{ g.grouper }}={{ g.list | length }}:{{ g[0] }};{% endfor %} {{ (users | groupby('age'))[0] | length }}
{% for nick, list in users | groupby('nick', default='none') %}{{ nick }}{{ list | length }};{% endfor %} {{ [] | groupby('x') }} {{ users | groupby('city', case_sensitive=true) | map(attribute='grouper') | list }}
{{ [{'k': 'a', 'v': 1}, {'k': 'A', 'v': 2}, {'k': 'b', 'v': 3}] | groupby('k') | map('first') | list }} {{ [['b', 1], ['a', 2]] | groupby(0) | map(attribute='grouper') | list }} {{ [{'a': {'b': 2}}, {'a': {'b': 1}}] | groupby('a.b') | map(attribute=0) | list }}
{{ [{'a': 1}] | groupby('a') }} {{ [{'a': 1}] | groupby(attribute='a') | list }} {{ [1, 1, 2] | groupby('real') | map(attribute='grouper') | list }}
{{ users | groupby }}
{{ users | groupby('nick') | list }}
{{ 5 | groupby('x') }}
"""

SECTIONS["filter indent"] = r"""
[{{ 'a\nb\n\nc' | indent }}] [{{ 'a\nb' | indent(2) }}] [{{ 'a\nb' | indent(2, true) }}] [{{ 'a\n\nb' | indent(2, blank=true) }}] [{{ 'a\nb' | indent('> ') }}] [{{ 'a\nb' | indent('> ', first=true) }}]
[{{ '' | indent(2, true) }}] [{{ 'a\n' | indent(2) }}] [{{ 'a\n' | indent(2, blank=true) }}] [{{ '\na' | indent(2) }}] [{{ 'a\r\nb\rc' | indent(1) }}] [{{ 'a' | indent(width=3, first=true) }}] [{{ 'a\n  b' | indent(0) }}] [{{ 'a\nb' | indent(-1) }}] [{{ '\n\n' | indent(2, true, true) }}]
[{{ ('<a>\nb' | safe) | indent(2) }}] {{ (('a' | safe) | indent) is escaped }} [{{ 'a\x0bb\x0cc\u2028d' | indent(1) }}]
{{ 5 | indent }}
{{ none | indent }}
{{ ['a'] | indent }}
{{ 'a\nb' | indent(1.5) }}
"""

SECTIONS["filter items"] = r"""
{{ {'a': 1, 2: 'b'} | items | list }} {% for k, v in d | items %}{{ k }}={{ v }};{% endfor %} {{ missing | items | list }} {{ {} | items | list }}
{{ [1] | items | list }}
{{ none | items | list }}
{{ 'ab' | items | list }}
"""

SECTIONS["filter join"] = r"""
{{ [1, none, 'a', 2.5, true] | join(', ') }} {{ 'abc' | join('-') }} {{ [] | join(',') }}| {{ [1] | join }} {{ users | join(',', attribute='name') }} {{ users | join(attribute='age', d='+') }} {{ {'a': 1, 'b': 2} | join('&') }} {{ [[1], [2]] | join('|') }}
{{ range(4) | join(1) }} {{ [missing, 'x'] | join(',') }} {{ users | map(attribute='tags') | map('join', '/') | join(';') }} {{ (1, 2) | join(none) }} {{ users | join(';', 'tags.0') }} {{ [['a', 1], ['b', 2]] | join(',', 1) }}
{{ missing | join(',') }}| {{ 'x' | join(',') }} {{ d.values() | join }} {{ [1, 2] | join(', ' | safe) is escaped }}
{{ 5 | join }}
{{ none | join(',') }}
"""

SECTIONS["filter list, reverse, string"] = r"""
{{ 'aé' | list }} {{ (1, 2) | list }} {{ {'a': 1} | list }} {{ range(3) | list }} {{ missing | list }} {{ d.items() | list }} {{ [1] | list is sameas [1] }} {{ '' | list }}
{{ 'abc' | reverse }} {{ [1, 2, 3] | reverse | list }} {{ (1, 2) | reverse | list }} {{ range(3) | reverse | list }} {{ {'a': 1, 'b': 2} | reverse | list }} {{ '' | reverse }}| {{ words | map('upper') | reverse | list }} {{ d.keys() | reverse | list }} {{ missing | reverse | list }}
{{ 1 | string }} {{ none | string }} {{ 1.0 | string }} {{ [1, 'a'] | string }} {{ true | string }} {{ missing | string }}| {{ 'x' | string is escaped }} {{ 5 | string ~ 5 }} {{ 5 | string is string }}
{{ 5 | list }}
{{ 5 | reverse }}
{{ none | list }}
"""

SECTIONS["filter map"] = r"""
{{ words | map('upper') | join(' ') }} {{ users | map(attribute='name') | list }} {{ users | map(attribute='nick', default='-') | list }} {{ users | map(attribute='tags.0', default='?') | list }} {{ [[1, 2], [3, 4]] | map(attribute=1) | list }} {{ [[1, 2], [3]] | map('sum') | list }}
{{ [-1, 2] | map('abs') | list }} {{ ['a', 'b'] | map('replace', 'a', 'x') | list }} {{ ['a,b', 'c'] | map('trim') | list }} {{ [1, 2] | map('string') | map('length') | list }} {{ [] | map('upper') | list }} {{ missing | map('upper') | list }} {{ ['b', 'a'] | map('default', 'x') | list }}
{{ ['x', none, ''] | map('default', 'd', true) | list }} {{ [3.14159, 2.5] | map('round', 1) | list }} {{ ['%s!', '%s?'] | map('format', 'a') | list }} {{ [[3, 1], [2]] | map('sort', reverse=true) | list }} {{ {'a': 1} | map('upper') | list }} {{ 'ab' | map('upper') | join }} {{ users | map(attribute='age') | map('string') | join('+') }}
{{ users | map(attribute='nick') | list | length }} {{ users | map(attribute='nick') | select('defined') | list }} {{ ['a'] | map('map', 'upper') | map('list') | list }} {{ [{'a': {'b': [7]}}] | map(attribute='a.b.0') | first }} {{ [1] | map('tojson') | list }}
{{ [1, 2] | map('nofilter') | list }}
{{ [1, 2] | map('abs', 5) | list }}
{{ [1, 2] | map | list }}
{{ [1, 2] | map(attr='x') | list }}
{{ [1, 2] | map(attribute='x', other=1) | list }}
{{ ['a'] | map('abs') | list }}
{{ 5 | map('abs') | list }}
{{ 0 | map('abs') | list }}
{{ users | map(attribute='nick.x') | list }}
{{ users | map('attr', 'name') | list }} {{ ['ab'] | map(attribute='upper') | first is callable }} {{ users | map('length') | list }} {{ ['ab', 'c'] | map('first') | list }} {{ users | map('items') | map('list') | map('length') | list }}
"""

SECTIONS["filter max, min"] = r"""
{{ [3, 1, 2] | max }} {{ [3, 1, 2] | min }} {{ ['b', 'A'] | max }} {{ ['b', 'A'] | min }} {{ ['b', 'A', 'a'] | max(true) }} {{ ['a', 'A'] | min(case_sensitive=true) }} {{ [] | max }}| {{ users | max(attribute='age') }} {{ (users | min(attribute='name')).name }} {{ [1.5, true] | max }} {{ 'hello' | max }} {{ ['a', 'A'] | max }} {{ ['A', 'a'] | min }}
{{ [[1, 2], [1, 3]] | max }} {{ {'a': 1, 'b': 0} | max }} {{ range(5) | max }} {{ [none] | max }} {{ missing | min }}|
{{ [1, 'a'] | max }}
{{ [none, 1] | min }}
{{ 5 | max }}
{{ [{}, {}] | max }}
{{ users | max(attribute='nick') }}
"""

SECTIONS["filter pprint"] = r"""
{{ 5 | pprint }} {{ 'a' | pprint }} {{ none | pprint }} {{ {'b': 1, 'a': 2} | pprint }} {{ [1, 'x', 2.5] | pprint }} {{ (1,) | pprint }} {{ () | pprint }} {{ [] | pprint }} {{ {} | pprint }} {{ true | pprint }} {{ range(3) | pprint }}
{{ range(40) | list | pprint }}
{{ users | pprint }}
{{ tree | pprint }}
{{ messages | pprint }}
{{ {'long key number one': 'a value of some length', 'long key number two': ['a', 'list', 'of', 'words', 'that', 'is', 'long'], 'x': {'nested': {'deep': [1, 2, 3], 'other': 'some more text to pass the width'}}} | pprint }}
{{ ['the quick brown fox jumps over the lazy dog and runs away from it all, far into the wood', 'short'] | pprint }}
{{ {'key': 'the quick brown fox jumps over the lazy dog and runs away from it all, far into the wood and so on and on'} | pprint }}
{{ 'the quick brown fox jumps over the lazy dog and runs away from it all, far into the wood and so on and on' | pprint }}
{{ 'line one\nline two' | pprint }} {{ ['line one\nline two', 'x'] | pprint }}
{{ 'first line that is long enough to matter here\nsecond line that is long enough to matter as well\n' | pprint }}
{{ ('a tuple element that is long', 'another tuple element that is long', 'a third tuple element') | pprint }}
{{ (['a list inside a tuple of one element that is long enough to be broken', 'at the width of eighty'],) | pprint }}
{{ {1: 'a', 'b': 2, none: 3, 2.5: 4, (1, 2): 5} | pprint }}
{{ {'b': {'z': 1, 'y': 2}, 'a': [{'d': 1, 'c': 2}]} | pprint }}
{{ [[['aaaaaaaaaaaaaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'], ['cccccccccccccccccccccccccccc', 'dddddd']], 'eeeeeeeeeeeee'] | pprint }}
{{ ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'] | pprint }}
{{ {'a': ('x' * 30, 'y' * 30, 'z' * 30), 'b': 'word ' * 30} | pprint }}
{{ d.items() | pprint }} {{ ('<b>' | safe) | pprint }} {{ "it's" | pprint }} {{ 'a"b\'c' | pprint }} {{ missing | pprint }} {{ ['é\u200b\x07'] | pprint }}
{{ {'α' * 30: 'β' * 30, 'γ': 'δ ' * 50} | pprint }}
{{ [1.0, 1e100, -0.0, 10000000000, 123456789012345, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14] | pprint }}
{{ [true, false, none, 'x' * 70, ['y' * 70]] | pprint }}
{{ [('a' * 20, 'b' * 20), ('c' * 20, 'd' * 20), {'e' * 20: 'f' * 20}] | pprint }}
{{ d.keys() | pprint }} {{ ['\n'.join(['some text here'] * 6)] | pprint }}
{{ 'wordwithnospaceatall' * 6 | pprint }}|{{ ('wordwithnospaceatall' * 6) | pprint }}
"""

SECTIONS["filter replace, trim"] = r"""
{{ 'banana' | replace('a', 'o') }} {{ 'banana' | replace('a', 'o', 2) }} {{ 'abc' | replace('', '-') }} {{ 'abc' | replace('', '-', 2) }} {{ 121 | replace(1, 3) }} {{ 'a' | replace('a', none) }} {{ 'aaa' | replace('aa', 'b') }} {{ 'abc' | replace('b', '') }} {{ none | replace('N', 'n') }} {{ 'aé' | replace('é', 'e') }} {{ 'a' | replace(old='a', new='b') }} {{ 'aaa' | replace('a', 'b', 0) }}
{{ 'a' | replace('a') }}
{{ 'aab' | replace('a', 'x', -1) }} {{ 'a' | replace('a', 'b', none) }} {{ 'e\u0301' | replace('e', 'a') }}
[{{ '  a b \n' | trim }}] [{{ 'xxaxx' | trim('x') }}] [{{ 'abcba' | trim('ab') }}] [{{ '\u00a0\u2003a\u200b' | trim }}] [{{ 5 | trim }}] [{{ '' | trim }}] [{{ none | trim }}] [{{ ' a ' | trim(none) }}] [{{ ' a ' | trim(chars=' ') }}] [{{ '\x1c\x85a\x1f' | trim }}] [{{ missing | trim }}]
{{ ' a ' | trim('') }}| {{ 'éaé' | trim('é') }}
{{ ' a ' | trim(5) }}
"""

SECTIONS["filter round"] = r"""
{{ 2.5 | round }} {{ 3.5 | round }} {{ 2.675 | round(2) }} {{ 1234.5678 | round(-2) }} {{ 42 | round }} {{ 42.55 | round(1, 'ceil') }} {{ 42.55 | round(1, 'floor') }} {{ -2.5 | round }} {{ 42 | round(1) }} {{ 42 | round(-1) }} {{ 45 | round(-1) }} {{ 2.5 | round(0, 'ceil') }} {{ 7 | round(0, 'floor') }} {{ true | round }} {{ 1e20 | round }} {{ 0.5 | round }} {{ 1.5 | round | int }}
{{ 1.005 | round(2) }} {{ -1.5 | round(method='ceil') }} {{ 5.015 | round(2) }} {{ 1e-7 | round(3) }} {{ 123.456 | round(5) }} {{ 25 | round(-1, 'floor') }} {{ -0.4 | round }} {{ 55 | round(-1) }} {{ 1250.0 | round(-2) }} {{ 1350 | round(-2) }}
{{ 'x' | round }}
{{ none | round }}
{{ 2.5 | round(0, 'up') }}
{{ 2.5 | round('1') }}
"""

SECTIONS["filter select, reject, selectattr, rejectattr"] = r"""
{{ [0, 1, '', 'a', none] | select | list }} {{ [0, 1, '', 'a', none] | reject | list }} {{ range(6) | select('odd') | list }} {{ range(6) | reject('odd') | list }} {{ range(6) | select('divisibleby', 3) | list }} {{ range(6) | select('>', 3) | list }} {{ range(6) | select('in', [1, 2]) | list }} {{ words | select('equalto', 'fig') | list }}
{{ users | selectattr('nick', 'defined') | map(attribute='name') | list }} {{ users | selectattr('tags') | map(attribute='name') | list }} {{ users | rejectattr('tags') | map(attribute='name') | list }} {{ users | selectattr('age', 'ge', 31) | list | length }} {{ users | rejectattr('city', 'eq', 'Rome') | map(attribute='name') | first }} {{ users | selectattr('name', 'in', ['bob']) | list | length }} {{ [{'a': {'b': 1}}, {'a': {'b': 0}}] | selectattr('a.b') | list }}
{{ [[1, 'x'], [0, 'y']] | selectattr(0) | list }} {{ [] | select('x') | list }} {{ missing | select | list }} {{ ['a', 'B'] | select('upper') | list }} {{ [1, 'a', none] | select('string') | list }} {{ {'a': 1} | select('eq', 'a') | list }} {{ users | selectattr('nick') | list | length }}
{{ [1] | select('notest') | list }}
{{ [1] | select('divisibleby') | list }}
{{ [1] | selectattr | list }}
{{ [1, 'a'] | select('>', 0) | list }}
{{ users | selectattr('nick', '>', 1) | list }}
{{ [1] | select('odd', 2) | list }}
{{ 5 | select | list }}
"""

SECTIONS["filter slice"] = r"""
{{ range(7) | slice(3) | list }} {{ range(7) | slice(3, 'x') | list }} {{ [] | slice(2) | list }} {{ [1] | slice(3) | list }} {{ [1] | slice(3, 0) | list }} {{ 'abcdef' | slice(2) | list }} {{ range(6) | slice(3, 'x') | list }} {{ range(4) | slice(slices=2) | map('sum') | list }} {{ [1, 2, 3] | slice(2, '') | list }} {{ [1, 2, 3] | slice(2, none) | list }}
{{ 5 | slice(2) | list }}
{{ [1] | slice(0) | list }}
{{ [1] | slice | list }}
"""

SECTIONS["filter sort"] = r"""
{{ [3, 1, 2] | sort }} {{ [3, 1, 2] | sort(true) }} {{ ['b', 'A', 'a', 'B'] | sort }} {{ ['b', 'A', 'a', 'B'] | sort(case_sensitive=true) }} {{ 'bca' | sort }} {{ users | sort(attribute='name') | map(attribute='name') | list }} {{ users | sort(attribute='age,name') | map(attribute='name') | list }} {{ users | sort(attribute='age', reverse=true) | map(attribute='name') | list }} {{ [] | sort }} {{ {'b': 1, 'a': 2} | sort }} {{ [[2, 'a'], [1, 'b']] | sort(attribute='1') | list }}
{{ [[2, 'a'], [1, 'b']] | sort }} {{ [[2, 'a'], [1, 'b']] | sort(attribute=1) }} {{ [(1, 'b'), (1, 'A')] | sort }} {{ [true, 0, 0.5] | sort }} {{ missing | sort }} {{ ['é', 'f', 'e'] | sort }} {{ [none] | sort }} {{ ['ab', 'a', ''] | sort }} {{ range(3) | sort(reverse=true) }} {{ users | sort(attribute='tags') | map(attribute='name') | list }} {{ d.items() | sort(attribute=0) | first }}
{{ [1, 'a'] | sort }}
{{ [none, 1] | sort }}
{{ [{}, {}] | sort }}
{{ users | sort(attribute='nick') }}
{{ 5 | sort }}
"""

SECTIONS["filter sum, unique"] = r"""
{{ [1, 2, 3] | sum }} {{ [1.5, true] | sum }} {{ [] | sum }} {{ [1] | sum(start=5) }} {{ users | sum(attribute='age') }} {{ users | sum('age', 100) }} {{ [[1], [2]] | sum(start=[]) }} {{ [[1, 2], [3, 4]] | sum(attribute=0) }} {{ range(101) | sum }} {{ missing | sum }} {{ {1: 'a', 2: 'b'} | sum }} {{ [0.1, 0.2, 0.3] | sum }} {{ [] | sum(start='') }}
{{ [1, 'a'] | sum }}
{{ ['a', 'b'] | sum }}
{{ ['a', 'b'] | sum(start='') }}
{{ users | sum(attribute='nick') }}
{{ [[1]] | sum }}
{{ 5 | sum }}
{{ ['b', 'a', 'B', 'b'] | unique | list }} {{ ['b', 'a', 'B', 'b'] | unique(true) | list }} {{ users | unique(attribute='city') | map(attribute='name') | list }} {{ [1, 1.0, true, 2] | unique | list }} {{ 'hello' | unique | join }} {{ [] | unique | list }} {{ [none, none] | unique | list }} {{ missing | unique | list }} {{ users | unique(attribute='age') | list | length }} {{ [(1, 2), (1, 2)] | unique | list }}
{{ [[1], [1]] | unique | list }}
{{ [{}] | unique | list }}
"""

SECTIONS["filter tojson"] = r"""
{{ d | tojson }} {{ d | tojson(indent=2) }} {{ [] | tojson }} {{ [[], {}] | tojson(indent=1) }} {{ 'é"\\/\n\t\x00\x7f\u2028🙂<>&' | tojson }} {{ 'é🙂' | tojson(true) }} {{ 'é🙂\x7f' | tojson(ensure_ascii=true) }} {{ none | tojson }} {{ true | tojson }} {{ 1 | tojson }} {{ 1.0 | tojson }} {{ 1e20 | tojson }} {{ 1e400 | tojson }} {{ -1e400 | tojson }} {{ (1, 'a') | tojson }}
{{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }} {{ {'b': [1, 2]} | tojson(separators=(',', ':')) }} {{ {'b': [1, 2]} | tojson(separators=(' , ', ' : '), indent=2) }} {{ {1: 2, none: 3, 2.5: 4, true: 5} | tojson }} {{ [1, [2]] | tojson(indent='--') }} {{ [1, [2]] | tojson(indent=0) }} {{ {'a': {'b': {}}} | tojson(indent=4) }} {{ messages | tojson(indent=2, sort_keys=true, ensure_ascii=true) }} {{ [1] | tojson(false, none, none, false) }} {{ ('<b>' | safe) | tojson }} {{ [1, [2]] | tojson(indent=-1) }}
{{ missing | tojson }}
{{ [missing] | tojson }}
{{ {(1, 2): 3} | tojson }}
{{ range(3) | tojson }}
{{ d.items() | tojson }}
{{ (words | map('upper')) | tojson }}
{{ namespace(a=1) | tojson }}
{{ {'a': 1, 2: 3} | tojson(sort_keys=true) }}
{{ [1] | tojson(separators=5) }}
{{ [1] | tojson(nope=1) }}
{{ (0.1 + 0.2) | tojson }} {{ 1e16 | tojson }} {{ 123456789.123 | tojson }} {{ 5e-324 | tojson }} {{ -0.0 | tojson }} {{ '\ud83d' | length }} {{ {'k': true}.k | tojson }} {{ '' | tojson }}
"""

SECTIONS["filter truncate"] = r"""
{{ 'foo bar baz qux' | truncate(9) }} {{ 'foo bar baz qux' | truncate(9, true) }} {{ 'foo bar baz qux' | truncate(11) }} {{ 'foo bar baz qux' | truncate(11, false, '...', 0) }} {{ 'foo bar baz qux' | truncate(9, end='…') }} {{ 'foo bar baz qux' | truncate(length=8, leeway=0, end='') }} {{ 'foobarbazqux' | truncate(5, leeway=0) }} {{ '' | truncate(3) }}| {{ 'abcd' | truncate(3, leeway=0) }} {{ 'a b c d e f g' | truncate(5, leeway=2) }} {{ 'é é é é é é' | truncate(6, true, '', 0) }} {{ ('x ' * 200) | truncate | length }}
{{ 'foo  bar' | truncate(6, leeway=0) }} {{ 'a\nb c d e f' | truncate(6, leeway=0) }} {{ ' abcdefgh' | truncate(6, leeway=0) }}
{{ 'abcdef' | truncate(2) }}
{{ 'abcdef' | truncate(5, leeway=-1) }}
{{ 5 | truncate(3) }}
{{ [1, 2] | truncate(5) }}
{{ 'abc' | truncate('3') }}
"""

SECTIONS["filter urlencode"] = r"""
{{ 'a b/c?d=é&' | urlencode }} {{ {'a b': 'c/d', 'e': 1} | urlencode }} {{ [('a', 1), ('b', 'x y')] | urlencode }} {{ '' | urlencode }}| {{ 5 | urlencode }} {{ 'a-b_c.d~e' | urlencode }} {{ '日本' | urlencode }} {{ {} | urlencode }}| {{ {'k': none} | urlencode }} {{ {'~': '+'} | urlencode }} {{ d.items() | urlencode }} {{ none | urlencode }}
{{ [1] | urlencode }}
{{ [(1, 2, 3)] | urlencode }}
"""

SECTIONS["filter urlize"] = r"""
{{ 'see https://example.com/a?b=c&d now' | urlize }} {{ 'www.example.com' | urlize }} {{ 'mail a@b.com' | urlize }} {{ 'plain text' | urlize }} {{ '' | urlize }}| {{ 5 | urlize }}
{{ 'http://example.com.' | urlize }} {{ '(http://example.com)' | urlize }} {{ '<https://example.com>' | urlize }} {{ 'https://example.com/a_(b)' | urlize }} {{ 'https://example.com/a), x' | urlize }} {{ '"http://example.com", and' | urlize }} {{ 'http://example.com!?' | urlize }}
{{ 'go to https://example.com/a/very/long/path/indeed' | urlize(20) }} {{ 'go to https://example.com/a/very/long/path/indeed' | urlize(20, true) }} {{ 'https://x.org' | urlize(target='_blank') }} {{ 'https://x.org' | urlize(rel='nofollow me') }} {{ 'https://x.org' | urlize(none, true, '_top', 'me') }} {{ 'a@b.org https://x.org' | urlize(nofollow=true) }}
{{ 'example.com example.org/x example.net: example.io foo.edu' | urlize }} {{ 'EXAMPLE.COM Http://Example.com' | urlize }} {{ 'ftp://x.com tel:123' | urlize }} {{ 'tel:123 x' | urlize(extra_schemes=['tel:']) }} {{ 'mailto:a@b.com mailto:nope' | urlize }} {{ 'ftp://x.com/y' | urlize(extra_schemes=('ftp://',)) }}
{{ 'a & b <c> https://x.com/?a=<b>' | urlize }} {{ '<b>https://x.com</b>' | urlize }} {{ ('<b>' | safe) | urlize }} {{ 'x' | urlize is escaped }} {{ 'https://localhost:8080/x http://192.168.0.1 http://exa_mple.com' | urlize }} {{ '[https://x.com] {https://y.com}' | urlize }}
{{ 'https://x.com\nhttps://y.com\t www.z.com/ ' | urlize }} {{ 'https://x.com&gt; x' | urlize }} {{ '&lt;https://x.com&gt;' | urlize }} {{ 'a@b a@b.c @b.com a@@b.com x@y.museum' | urlize }} {{ "https://x.com/'q'" | urlize }} {{ 'https://münchen.de/ü' | urlize }} {{ 'https://' | urlize }} {{ 'www.' | urlize }}
{{ 'https://x.com' | urlize(extra_schemes=['1x']) }}
{{ 'https://x.com' | urlize(target='"<') }} {{ 'www.x.com.' | urlize(5) }} {{ 'https://x.com/((a)' | urlize }} {{ '((https://x.com/a))' | urlize }} {{ '. www.x.com' | urlize }} {{ 'x:www.x.com' | urlize }} {{ 'https://x.com/a,b;c' | urlize }} {{ 'https://x.com/\u00a0y' | urlize }} {{ 'mailto:joe@x.com?subject=hi' | urlize }}
"""

SECTIONS["filter wordcount, wordwrap"] = r"""
{{ 'a b  c' | wordcount }} {{ '' | wordcount }} {{ "it's well-known" | wordcount }} {{ 'é_1 日本 2.5' | wordcount }} {{ 12 | wordcount }} {{ missing | wordcount }} {{ '...' | wordcount }}
{{ 'The quick brown fox jumps' | wordwrap(10) }}|{{ 'The quick brown fox jumps' | wordwrap(10, wrapstring='|') }}|{{ 'abcdefghijklmnop' | wordwrap(5) }}|{{ 'abcdefghijklmnop qr' | wordwrap(5, false) }}|{{ 'well-known-fact is here' | wordwrap(8) }}|{{ 'well-known-fact is here' | wordwrap(8, break_on_hyphens=false) }}
{{ 'a\n\nb c d' | wordwrap(3) }}|{{ '' | wordwrap }}|{{ 'x' | wordwrap(1) }}|{{ '  lead and trail  ' | wordwrap(8) }}|{{ 'a  b   c' | wordwrap(4) }}|{{ 'one two-three -- four--five six' | wordwrap(9) }}|{{ 'é à ü ö' | wordwrap(3) }}|{{ 'tab\there and\tthere' | wordwrap(8) }}
{{ 'hyphen-ated e-mail 1-2 a-b x--y --option' | wordwrap(4) }}|{{ 'hyphen-ated e-mail 1-2 a-b x--y --option' | wordwrap(6) }}|{{ 'aaa bbb-ccc' | wordwrap(7, false) }}|{{ 'supercalifragilistic-expialidocious' | wordwrap(10) }}|{{ 'supercalifragilistic-expialidocious' | wordwrap(10, false) }}
{{ "don't-stop (well-known) word-'quoted' x-ray,y-ray" | wordwrap(6) }}|{{ 'a-bc-def-ghij' | wordwrap(3) }}|{{ 'ab-cd' | wordwrap(3, false) }}|{{ 'trail-' | wordwrap(5) }}|{{ '---' | wordwrap(2) }}|{{ 'a - b' | wordwrap(2) }}|{{ 'x—y—z' | wordwrap(2, false) }}
{{ 'word 日本語テキスト end' | wordwrap(5) }}|{{ 'line one is long\nline two' | wordwrap(8) }}|{{ 'a\r\nb\rc' | wordwrap(5) }}|{{ 'ends with newline\n' | wordwrap(30) }}|{{ 'x y' | wordwrap(1) }}|{{ ' x' | wordwrap(1) }}|{{ 'a\u00a0b c' | wordwrap(2) }}
{{ 'x' | wordwrap(0) }}
{{ 'x' | wordwrap(-1) }}
{{ 5 | wordwrap }}
{{ none | wordwrap(3) }}
"""

SECTIONS["unknown names"] = r"""
{{ 1 | nofilter }}
{% if false %}{{ 1 | nofilter }}{% endif %}ok
{{ 1 | nofilter if false else 'ok' }}
{{ 1 is notest }}
{{ 1 is notest if false else 'ok' }}
{{ random() }}
{{ open('x') }}
{{ super() }}
{{ _('x') }}
{{ gettext('x') }}
"""

SECTIONS["tests"] = r"""
{{ missing is defined }} {{ a is defined }} {{ d.x is defined }} {{ d.q is defined }} {{ none is defined }} {{ missing is undefined }} {{ a is not undefined }} {{ words[9] is defined }} {{ a[0] is defined }} {{ a[99] is undefined }}
{{ none is none }} {{ nil is none }} {{ missing is none }} {{ 0 is none }} {{ none is not none }} {{ not none is none }}
{{ true is boolean }} {{ 1 is boolean }} {{ true is true }} {{ 1 is true }} {{ false is false }} {{ 0 is false }} {{ none is false }}
{{ 1 is integer }} {{ true is integer }} {{ 1.0 is integer }} {{ 1.0 is float }} {{ 1 is float }} {{ 1 is number }} {{ true is number }} {{ '1' is number }} {{ none is number }}
{{ 'a' is string }} {{ ('a' | safe) is string }} {{ 1 is string }} {{ [] is string }} {{ missing is string }} {{ d is mapping }} {{ [] is mapping }} {{ 'a' is mapping }} {{ namespace() is mapping }}
{{ [] is sequence }} {{ 'a' is sequence }} {{ d is sequence }} {{ () is sequence }} {{ range(2) is sequence }} {{ 5 is sequence }} {{ none is sequence }} {{ d.items() is sequence }} {{ missing is sequence }} {{ (words | map('upper')) is sequence }} {{ d.keys() is sequence }}
{{ [] is iterable }} {{ 'a' is iterable }} {{ d is iterable }} {{ 5 is iterable }} {{ none is iterable }} {{ missing is iterable }} {{ (words | map('upper')) is iterable }} {{ range(1) is iterable }} {{ d.items() is iterable }} {{ namespace() is iterable }}
{{ range is callable }} {{ dict is callable }} {{ a is callable }} {{ a.upper is callable }} {{ d.get is callable }} {{ namespace is callable }} {{ missing is callable }} {{ joiner() is callable }} {{ cycler(1) is callable }} {{ none is callable }}
{% macro m() %}{% endmacro %}{{ m is callable }} {{ m is defined }} {% for x in [1] %}{{ loop is callable }} {{ loop is iterable }}{% endfor %}
{{ ('a' | e) is escaped }} {{ 'a' is escaped }} {{ ('a' | safe) is escaped }} {{ 5 is escaped }} {{ ('a' ~ ('b' | safe)) is escaped }} {{ ('a' + ('b' | safe)) is escaped }}
{{ 3 is odd }} {{ 4 is odd }} {{ 4 is even }} {{ -3 is odd }} {{ 0 is even }} {{ 2.0 is even }} {{ 2.5 is odd }} {{ true is odd }} {{ 9 is divisibleby 3 }} {{ 9 is divisibleby(2) }} {{ 0 is divisibleby 5 }} {{ 7.5 is divisibleby(2.5) }}
{{ 'a' is lower }} {{ 'A' is upper }} {{ 'aB' is lower }} {{ '1' is lower }} {{ 'a1' is lower }} {{ 'É' is upper }} {{ none is upper }} {{ 5 is lower }} {{ true is lower }} {{ '' is upper }} {{ [] is lower }}
{{ 1 is eq 1.0 }} {{ 1 is equalto 2 }} {{ 1 is == 1 }}
{{ 1 is ne 2 }} {{ 1 is lt 2 }} {{ 1 is lessthan 2 }} {{ 1 is le 1 }} {{ 1 is gt 0 }} {{ 2 is greaterthan 1 }} {{ 1 is ge 1 }} {{ 'a' is lt 'b' }} {{ [1] is lt [2] }}
{{ 1 is in [1, 2] }} {{ 'a' is in 'abc' }} {{ 'x' is in d }} {{ 3 is not in [1] }} {{ 1 is in(range(3)) }}
{{ none is sameas none }} {{ true is sameas true }} {{ 1 is sameas true }} {{ words is sameas words }} {{ [1] is sameas [1] }} {{ d is sameas d }} {{ missing is sameas missing }} {{ false is sameas 0 }}
{{ 'upper' is filter }} {{ 'nope' is filter }} {{ 'odd' is test }} {{ 'nope' is test }} {{ 'urlize' is filter }} {{ 'do' is filter }} {{ '==' is test }} {{ 'tojson' is filter }}
{{ a is defined and a is string }} {{ a is string or b is number }} {{ not a is string }} {{ a is defined == true }} {{ 1 + 2 is odd }} {{ (1 + 2) is odd }} {{ 4 is even and 3 is odd }} {{ 3 is not even }} {{ -3 is number }} {{ 5 is divisibleby 5 if true else 9 }} {{ a is string | string }} {{ 2 is odd ~ 'x' }}
{{ 1 is divisibleby 0 }}
{{ 'a' is odd }}
{{ none is even }}
{{ 1 is lt 'a' }}
{{ 1 is in 5 }}
{{ 1 is divisibleby }}
{{ missing is odd }}
{{ missing is lt 1 }}
{{ 1 is }}
{{ 1 is not }}
{{ 1 is defined is string }}
{{ 1 is string(5) }}
{{ 1 is eq }}
{{ {} is in {} }}
{{ 1 is sameas }}
"""

SECTIONS["precedence"] = r"""
{{ 1 + 2 * 3 ** 2 }} {{ (1 + 2) * 3 }} {{ -2 ** 2 }} {{ (-2) ** 2 }} {{ 2 ** 3 ** 2 }} {{ 2 * 3 % 4 }} {{ 2 + 3 ~ 4 }} {{ 2 ~ 3 + 4 }} {{ 1 ~ 2 * 3 }} {{ 10 - 2 - 3 }} {{ 100 / 10 / 2 }} {{ 7 // 2 * 2 }} {{ 1 - -1 }} {{ - - 1 }} {{ +1 }} {{ -+-2 }}
{{ not true == false }} {{ not (true == false) }} {{ not true and false }} {{ not (true and false) }} {{ true or false and false }} {{ (true or false) and false }} {{ not not true }} {{ not 1 in [2] }} {{ 1 in [1] == true }} {{ (1 in [1]) == true }}
{{ 1 if true else 2 + 5 }} {{ (1 if true else 2) + 5 }} {{ 1 + 1 if false else 3 }} {{ 'a' if false else 'b' if true else 'c' }} {{ 'a' if true else 'b' if nope else 'c' }} {{ 1 if false }}| {{ ('x' if false) is defined }} {{ [1 if true else 2, 3] }} {{ 1 or 2 if false else 3 }}
{{ 1 < 2 == true }} {{ 1 < 2 < 3 < 4 }} {{ 1 < 3 > 2 }} {{ 1 == 1 in [1] }} {{ 3 > 2 and 2 > 1 or false }} {{ 1 < 2 and not 3 < 2 }} {{ 'a' < 'b' <= 'b' }} {{ 1 != 2 != 1 }} {{ 1 in [1] and 2 not in [1] }} {{ 'a' ~ 'b' == 'ab' }} {{ 'a' ~ 'b' in 'cab' }} {{ 1 + 1 == 2 }}
{{ 'a' | upper ~ 'b' }} {{ ('a' ~ 'b') | upper }} {{ 'a' ~ 'b' | upper }} {{ -1 | abs }} {{ -(1 | abs) }} {{ 1 + -2 | abs }} {{ (1 + -2) | abs }} {{ 2 ** -1 | abs }} {{ [1, 2] | length + 1 }} {{ 1 + [1, 2] | length }} {{ [3, 1] | sort | first }} {{ 'a,b'.split(',') | length }} {{ not [] | length }} {{ 3 | string * 2 }} {{ a.b.c is defined if false else 'ok' }}
{{ not 1 | string }} {{ 2 * 'ab' | length }} {{ ('ab' * 2) | length }} {{ 'x' in 'xyz' | upper }} {{ [1, 2][0] | string ~ 'k' }} {{ {'a': 1}.a + 1 }} {{ {'a': [1, 2]}['a'][1] ** 2 }} {{ -[1][0] }} {{ -n ** 2 }} {{ 'ab'[0] ~ 'ab'[1:] }} {{ -1.5 | round }} {{ 5 is odd and 'x' | upper == 'X' }}
{{ (1, 2) + (3,) }} {{ 1, 2 }} {{ (1) }} {{ (1,) }} {{ () }} {{ [1, 2,] }} {{ {'a': 1,} }} {{ 'a' 'b' "c" }} {{ 'a' 'b' | upper }}
{{ 1 if a is defined and a else 2 }} {{ a if a | length > 3 else b }} {{ a and b }} {{ none or false or 'x' }} {{ 0 and missing.x }} {{ 1 or missing.x }} {{ true and 'a' or 'b' }} {{ '' or none }} {{ [] and 1 }}
{{ 1 <> 2 }}
{{ 1 +* 2 }}
{{ 1 2 }}
{{ 1 = 2 }}
{{ not }}
{{ 1 and }}
{{ 1 in }}
{{ a.1.b }}
{{ 1 if }}
{{ 1 if true else }}
{{ (1, 2 }}
{{ [1, 2 }}
{{ {1: } }}
{{ {1} }}
{{ x | }}
{{ x. }}
{{ x[] }}
{{ x[1 }}
{{ f( }}
{{ 'a }}
{{ a not b }}
{{ *a }}
{{ lambda x: x }}
{{ a := 1 }}
{{ a; b }}
{{ 0x }}
{{ 1__0 }}
{{ 1_ }}
{{ 01 }}
{{ 1.e5 }}
{{ 1e }}
{{ .5 }}
{{ 5. }}
{{ a.b.0 }}
{{ "\q" }} {{ '\'' }} {{ "\"" }} {{ '\\n' }} {{ '\x41\u0042\U00000043\103' }} {{ '\a\b\f\v' | tojson }}
"""

SECTIONS["arithmetic"] = r"""
{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 // -2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 7.5 // 2 }} {{ -7.5 // 2 }} {{ 7.5 % 2 }} {{ -7.5 % 2 }} {{ 7.5 % -2 }} {{ 1 / 3 }} {{ 6 / 3 }} {{ 1e308 * 10 }} {{ 2 ** 0.5 }} {{ 2 ** -2 }} {{ 0 ** 0 }} {{ 0.0 ** 0 }} {{ 4 ** 0.5 }} {{ 10 ** 18 }} {{ -0.0 }} {{ 0 * -1.0 }} {{ 0.1 + 0.2 }} {{ 1e16 }} {{ 1e15 }} {{ 123456789.0 * 10 }} {{ 1.0 }} {{ 1e-4 }} {{ 1e-5 }} {{ 100000000000000000.0 }} {{ 5e-324 }} {{ 1.7976931348623157e308 }}
{{ true + true }} {{ true * 3 }} {{ -true }} {{ +true }} {{ true / 2 }} {{ 1 == true }} {{ 0 == false }} {{ '' == false }} {{ none == false }} {{ 1 == 1.0 }} {{ '1' == 1 }} {{ [1] == [1.0] }} {{ [1] == (1,) }} {{ {} == {} }} {{ {'a': 1, 'b': 2} == {'b': 2, 'a': 1} }} {{ none == none }} {{ missing == none }} {{ missing == missing2 }} {{ range(3) == range(0, 3) }} {{ range(3) == [0, 1, 2] }} {{ 'é' == 'e\u0301' }} {{ 1 != 1.0 }}
{{ [1] * 3 }} {{ 3 * [1, 2] }} {{ 'ab' * 2 }} {{ 'ab' * 0 }}| {{ 'ab' * -1 }}| {{ (1,) * 2 }} {{ [] * 5 }} {{ true * 'a' }} {{ [1] + [2] }} {{ (1,) + (2,) }} {{ 'a' + 'b' }} {{ [[]] * 2 }}
{{ 1 < 2 }} {{ 1 < 1.5 }} {{ 'a' < 'B' }} {{ [1, 2] < [1, 3] }} {{ [1] < [1, 0] }} {{ (1, 'a') < (1, 'b') }} {{ true < 2 }} {{ 'Z' < 'a' }} {{ '' < 'a' }} {{ [] < [1] }} {{ 'é' > 'z' }} {{ '🙂' > '\uffff' }}
{{ 1 in [1.0] }} {{ true in [1] }} {{ none in [none] }} {{ 'a' in 'abc' }} {{ '' in '' }} {{ 'x' in {'x': 1} }} {{ 1 in {1.0: 2} }} {{ 1 in (1, 2) }} {{ 5 in range(10) }} {{ 5.0 in range(10) }} {{ 5.5 in range(10) }} {{ 'a' in range(3) }} {{ [1] in [[1]] }} {{ 'x' in d.keys() }} {{ 1 in d.values() }} {{ ('x', 1) in d.items() }} {{ 'a' in missing }} {{ 'AL' in (words | map('upper')) }} {{ 10 in range(0, 100, 5) }} {{ -1 in range(3) }}
{{ 1 / 0 }}
{{ 1 // 0 }}
{{ 1 % 0 }}
{{ 1.0 / 0 }}
{{ 1.0 // 0 }}
{{ 1.0 % 0 }}
{{ 0 ** -1 }}
{{ 'a' + 1 }}
{{ 1 + 'a' }}
{{ 'a' - 'b' }}
{{ none + 1 }}
{{ [1] + (1,) }}
{{ [1] - [1] }}
{{ {} + {} }}
{{ 'a' * 'b' }}
{{ 'a' * 1.5 }}
{{ -'a' }}
{{ +'a' }}
{{ -none }}
{{ 1 < 'a' }}
{{ none < none }}
{{ [1] < 1 }}
{{ {} < {} }}
{{ [none] < [1] }}
{{ 1 in 1 }}
{{ 1 in none }}
{{ 1 in 'abc' }}
{{ [] in {} }}
{{ {[]: 1} }}
{{ {{}: 1} }}
{{ missing + 1 }}
{{ 1 + missing }}
{{ missing ~ 'x' }}
{{ missing < 1 }}
{{ -missing }}
{{ range(3) + range(2) }}
{{ 9223372036854775807 }} {{ -9223372036854775807 }} {{ 9007199254740993 + 0.0 }} {{ 9007199254740993 == 9007199254740992.0 }} {{ 9007199254740993 < 9007199254740994.0 }} {{ 4611686018427387904 + 4611686018427387903 }}
"""

SECTIONS["subscripts and slices"] = r"""
{{ words[0] }} {{ words[-1] }} {{ words[99] }}| {{ words[-99] }}| {{ words[true] }} {{ a[0] }} {{ a[-1] }} {{ a[99] }}| {{ (1, 2)[1] }} {{ d['x'] }} {{ d['q'] }}| {{ d[0] }}| {{ words['0'] }}| {{ words[1.0] }}| {{ words[none] }}| {{ d[none] }}| {{ words.0 }} {{ d.y.1 }} {{ 'é🙂x'[1] }}
{{ numbers[1:] }} {{ numbers[:2] }} {{ numbers[:] }} {{ numbers[::2] }} {{ numbers[::-1] }} {{ numbers[-2:] }} {{ numbers[:-1] }} {{ numbers[5:] }} {{ numbers[2:1] }} {{ numbers[-100:100] }} {{ numbers[3:0:-1] }} {{ numbers[none:2] }} {{ numbers[1:none] }} {{ numbers[::none] }} {{ numbers[true:] }} {{ numbers[:-1:2] }} {{ numbers[-1::-2] }}
{{ 'abcdef'[1:4] }} {{ 'abcdef'[::-1] }} {{ 'abcdef'[-3:] }} {{ 'abcdef'[10:] }}| {{ 'é🙂x'[1:] }} {{ (1, 2, 3)[1:] }} {{ (1, 2, 3)[:1] }} {{ ''[1:] }}| {{ 'abc'[:0] }}| {{ 'abc'[5:1:-1] }} {{ 'abcdef'[1:5:2] }} {{ ('<b>' | safe)[:2] is escaped }}
{{ range(10)[2:5] }} {{ range(10)[2:5] | list }} {{ range(10)[::-1] }} {{ range(10)[::2] }} {{ range(10)[5] }} {{ range(10)[-1] }} {{ range(10)[99] }}| {{ range(0, 20, 3)[1:4] }} {{ range(10)[5:2] }} {{ range(10)[2:5][1] }} {{ range(10, 0, -2) }} {{ range(10, 0, -2) | list }} {{ range(10, 0, -2)[1:3] }} {{ range(5)[:100] }} {{ range(5)[-2:] | sum }} {{ range(3)[1:] is sequence }}
{{ range(1, 10, 3) }} {{ range(0) }} {{ range(5, 1) }} {{ range(5).start }} {{ range(5).stop }} {{ range(1, 9, 2).step }} {{ range(5).count(3) }} {{ range(5).index(3) }} {{ range(0, 10, 3)[::-1] }} {{ range(0, 10, 3)[-1:] }} {{ range(10)[20:30] }} {{ range(10)[-20:-15] }} {{ range(10)[7:2:-2] }} {{ range(5)[3:-9:-1] }}
{{ d['items'] }} {{ d['keys'] is callable }} {{ d.nope }}| {{ a.nope }}| {{ n.nope }}| {{ none.x }}| {{ true.x }}| {{ {'a.b': 1}['a.b'] }} {{ {1: 'one'}[1] }} {{ {1: 'one'}[1.0] }} {{ {1: 'one'}[true] }} {{ {1: 'one'}['1'] }}| {{ {(1, 2): 'x'}[1, 2] }} {{ {(1, 2): 'x'}[(1, 2)] }}
{{ numbers[::0] }}
{{ numbers['a':] }}
{{ numbers[1.5:] }}
{{ d[1:2] }}
{{ n[1:2] }}
{{ missing[0] }}
{{ missing[1:] }}
{{ missing.x.y }}
{{ d.q.r }}
{{ words[99].x }}
{{ n[0][1] }}
{{ d[[]] }}|
{{ d.items()[0] }}|
{{ (words | map('upper'))[0] }}|
{{ (words | map('upper'))[0:1] }}
{{ range(5)['a':] }}
{{ range(5)[::0] }}
{{ range(5).index(9) }}
"""

SECTIONS["range, dict, namespace, cycler, joiner"] = r"""
{{ range(3) | list }} {{ range(1, 4) | list }} {{ range(5, 0, -2) | list }} {{ range(0) | list }} {{ range(true) | list }} {{ range(-3) | list }} {{ range(3) }} {{ range(3) | length }} {{ 2 in range(3) }} {{ range(3) is sequence }}
{{ range() }}
{{ range(1, 2, 3, 4) }}
{{ range(1.5) }}
{{ range('3') }}
{{ range(1, 5, 0) }}
{{ range(100001) }}
{{ range(stop=3) }}
{{ range(none) }}
{{ dict(a=1, b='x') }} {{ dict() }} {{ dict({'a': 1}, b=2) }} {{ dict([['a', 1], ('b', 2)]) }} {{ dict(['ab', 'cd']) }} {{ dict(d, x=5).x }} {{ dict(**d) == d }} {{ dict(a=1) == {'a': 1} }} {{ dict(a=1).keys() | list }} {{ dict(zip=1) }}
{{ dict([1]) }}
{{ dict(1) }}
{{ dict([['a']]) }}
{{ dict({}, {}) }}
{{ dict([[[], 1]]) }}
{% set ns = namespace(a=1, b='x') %}{{ ns.a }} {{ ns['b'] }} {% set ns.a = 2 %}{{ ns.a }} {% set ns.new = [1] %}{{ ns.new }} {{ ns.nope }}| {{ ns.nope is defined }} {{ ns }} {{ namespace({'q': 1}).q }} {{ namespace([('r', 2)], s=3).r }} {{ namespace() }}
{% set ns = namespace(count=0) %}{% for x in range(5) %}{% if x is odd %}{% set ns.count = ns.count + x %}{% endif %}{% endfor %}{{ ns.count }}
{% set ns = namespace() %}{% macro m() %}{% set ns.x = 5 %}{% endmacro %}{{ m() }}{{ ns.x }}
{% set ns = namespace(items=1) %}{{ ns.items }} {% set ns.items = [] %}{{ ns.items }} {% set ns.get, x = 1, 2 %}{{ ns.get }}{{ x }}
{% set x = 1 %}{% set x.a = 2 %}
{% set missing.a = 2 %}
{% set d.x = 2 %}
{{ namespace(1) }}
{% set ns = namespace() %}{% set ns['a'] = 1 %}
{% set ns = namespace() %}{{ ns() }}
{% set ns = namespace() %}{{ ns.update(a=1) }}
{% set c = cycler('a', 'b', 'c') %}{{ c.next() }}{{ c.current }}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.reset() }}{{ c.current }} {{ c.pos }} {{ c.items }}
{{ cycler() }}
{% set j = joiner() %}{{ j() }}a{{ j() }}b{{ j() }}c {% set k = joiner(' | ') %}{{ k() }}{{ k() }} {% set l = joiner(sep='-') %}{{ l() }}{{ l() }}{{ l.sep }} {{ l.used }}
{{ joiner(1, 2) }}
{{ raise_exception('bad') }}
{{ raise_exception() }}
{{ raise_exception(5) }}
"""

SECTIONS["for"] = r"""
{% for x in numbers %}{{ loop.index }}/{{ loop.index0 }}/{{ loop.revindex }}/{{ loop.revindex0 }}/{{ loop.first }}/{{ loop.last }}/{{ loop.length }}/{{ loop.depth }}/{{ loop.depth0 }};{% endfor %}
{% for x in numbers if x != 2 %}{{ x }}:{{ loop.index }}/{{ loop.length }}/{{ loop.last }}/{{ loop.revindex }}/{{ loop.nextitem }}/{{ loop.previtem }};{% endfor %}
{% for x in range(10) if x is odd %}{{ loop.index }}{{ 'last' if loop.last else ',' }}{% else %}none{% endfor %}{% for x in range(10) if x > 10 %}{{ loop.length }}{% else %}none{% endfor %}
{% for x in range(6) if x is even %}{% if loop.last %}L{{ loop.length }}{{ loop.nextitem is defined }}{% else %}{{ loop.nextitem }}{% endif %}{% endfor %}
{% for x in words if x in seen | default(['fig', 'pear']) %}{{ loop.revindex0 }}{{ x }}{% endfor %} {% for k, v in d.items() if v is number %}{{ k }}{{ loop.length }}{% endfor %}
{% for x in numbers %}{{ loop.previtem | default('-') }}<{{ x }}<{{ loop.nextitem | default('-') }} {% endfor %} {% for x in numbers %}{{ loop.cycle('a', 'b') }}{% endfor %} {% for x in numbers %}{{ loop.changed(x) }} {% endfor %}
{% for x in [] %}x{% else %}empty{% endfor %} {% for x in missing %}x{% else %}undefined{% endfor %} {% for x in '' %}x{% else %}blank{% endfor %} {% for k in {} %}x{% else %}no keys{% endfor %} {% for c in 'aé' %}[{{ c }}]{% endfor %} {% for k in d %}{{ k }},{% endfor %}
{% for a, b in [(1, 2), [3, 4]] %}{{ a }}{{ b }};{% endfor %} {% for (a, b), c in [((1, 2), 3)] %}{{ a }}{{ b }}{{ c }}{% endfor %} {% for a, b in ['xy'] %}{{ a }}{{ b }}{% endfor %} {% for k, v in {'q': 1} | dictsort %}{{ k }}{{ v }}{% endfor %}
{% for x in [1, 2] %}{% for y in [1, 2] %}{{ loop.index }}{{ x }}{{ y }};{% endfor %}{{ loop.index }}{% endfor %} {% for x in [1, 2] %}{% set outer = loop %}{% for y in 'ab' %}{{ outer.index }}{{ loop.index }} {% endfor %}{% endfor %}
{% set x = 'outer' %}{% for x in [1, 2] %}{{ x }}{% endfor %}{{ x }} {% for y in [1] %}{% set x = 'inner' %}{{ x }}{% endfor %}{{ x }} {% for z in [1] %}{% endfor %}{{ z }}| {{ loop is defined }}
{% for i in range(5) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% else %}none{% endfor %} {% for i in [1] %}{% break %}{% else %}e{% endfor %}| {% for i in [1, 2] %}{% continue %}{% else %}e{% endfor %}|
{% for n in tree recursive %}{{ n.v }}{{ loop.depth }}{% if n.kids %}({{ loop(n.kids) }}){% endif %}{% endfor %} {% for x in [1, [2, [3]]] recursive %}{% if x is sequence %}[{{ loop(x) }}]{% else %}{{ x }}{{ loop.depth0 }}{% endif %}{% else %}e{% endfor %}
{% for x in [[1, 2], []] recursive %}{% if x is iterable %}<{{ loop(x) }}>{% else %}{{ x }}{% endif %}{% else %}empty{% endfor %} {% for x in [1, 2, 3] if x > 1 recursive %}{{ x }}{{ loop.length }}{% endfor %} {% for x in [[3, 1], 5] if x recursive %}{{ loop(x) if x is iterable else x }}{% endfor %}
{% for x in 1, 2, 3 %}{{ x }}{% endfor %} {% for x in [1] + [2] %}{{ x }}{% endfor %} {% for x in (1, 2) if true %}{{ x }}{% endfor %} {% for x in range(3) | reverse %}{{ x }}{% endfor %} {% for x in words | sort | map('upper') %}{{ x }}{{ loop.last }}{% endfor %} {% for x in [3, 1] | sort if x > 1 %}{{ x }}{% endfor %}
{% for loop_x in [1] %}{{ loop }}{% endfor %}
{% for x in [1] %}{{ loop.nope }}|{{ loop.nope is defined }}|{{ loop['index'] }}|{{ loop.previtem is defined }}{% endfor %}
{% for x in numbers %}{% if loop.index is divisibleby 2 %}{{ x }}{% endif %}{% endfor %} {% for x in numbers if loop is not defined %}{{ x }}{% endfor %} {% for m in messages if m.role != 'system' %}{{ '' if loop.first else '|' }}{{ m.role }}{% endfor %} {% for i in range(3) %}{{ i }}{{ ', ' if not loop.last }}{% endfor %}
{% for x in 5 %}{% endfor %}
{% for x in none %}{% endfor %}
{% for a, b in [1, 2] %}{% endfor %}
{% for a, b in [(1, 2, 3)] %}{% endfor %}
{% for a, b in [(1,)] %}{% endfor %}
{% for x in [1] %}{{ loop.cycle() }}{% endfor %}
{% for x in [1] %}{{ loop([2]) }}{% endfor %}
{% for x in [1] recursive %}{{ loop() }}{% endfor %}
{% for x in [[1]] recursive %}{{ loop(5) }}{% endfor %}
{% for x %}{% endfor %}
{% for x in %}{% endfor %}
{% for in [1] %}{% endfor %}
{% for 1 in [1] %}{% endfor %}
{% for x.y in [1] %}{% endfor %}
{% for x in [1] %}
{% for x in [1] %}{% endif %}
{% endfor %}
{% for loop in [1] %}{% endfor %}
{% break %}
{% if true %}{% continue %}{% endif %}
{% for x in [1] %}{% else %}{% break %}{% endfor %}
{% for x in [1, 2] %}{% for y in [1] %}{% else %}{% endfor %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}
{% for x in [1, 2, 3] if x < missing %}{% endfor %}
{{ loop.index }}
"""

SECTIONS["if, set, with"] = r"""
{% if 0 %}a{% elif '' %}b{% elif [] %}c{% else %}d{% endif %} {% if missing %}x{% else %}y{% endif %} {% if none is none %}z{% endif %} {% if 0.0 %}x{% elif 1 %}y{% endif %} {% if range(0) %}x{% else %}empty range{% endif %} {% if d.items() %}i{% endif %} {% if a == 'Alpha' and n > 3 or false %}t{% endif %}
{% if true %}{% set q = 1 %}{% endif %}{{ q }} {% if false %}{% set r = 1 %}{% endif %}{{ r }}| {% set s = 1 %}{% if true %}{% set s = 2 %}{% endif %}{{ s }}
{% set x, y = 1, 2 %}{{ x }}{{ y }} {% set x = 1, 2 %}{{ x }} {% set (x, y) = [3, 4] %}{{ x }}{{ y }} {% set x, (y, z) = 1, (2, 3) %}{{ x }}{{ y }}{{ z }} {% set a, b = 'xy' %}{{ a }}{{ b }} {% set t = 5 if false %}{{ t }}| {% set x = x ~ 1 %}{{ x }}
{% set x %}a{{ n }}b{% endset %}{{ x }} {% set y | upper %}abc{% endset %}{{ y }} {% set z | replace('a', 'o') | trim %} banana {% endset %}[{{ z }}] {{ x is string }} {{ x is escaped }} {% set e %}{% endset %}{{ e == '' }} {% set x %}{% set inner = 1 %}{{ inner }}{% endset %}{{ inner }}|
{% with q = 1, w = 2 %}{{ q + w }}{% endwith %}{{ q }}| {% set q = 5 %}{% with q = 1, w = q %}{{ q }}{{ w }}{% endwith %}{{ q }} {% with %}{% set z = 3 %}{{ z }}{% endwith %}{{ z }}| {% with a = b, b = a %}{{ a }}{{ b }}{% endwith %}
{% filter upper %}a{{ n }}b{% endfilter %} {% filter replace('a', 'o') | upper %}banana{% endfilter %} {% filter indent(2) %}a{% endfilter %}
{% set x = 1 %}{% macro m() %}{{ x }}{% endmacro %}{% set x = 2 %}{{ m() }} {% for i in [1] %}{% set x = 3 %}{{ m() }}{% endfor %}{{ x }} {% block b %}{{ x }}{% set x = 9 %}{% endblock %}{{ x }}
{% raw %}{{ not }} {% if %} {# x #}{% endraw %} {%- raw -%}  {{ a }}  {%- endraw -%} x {# comment {{ a }} {% if %} #}y {#- c -#} z {% print 1, a %} {% print n %} {% if true -%} a {%- endif %}
{% if %}{% endif %}
{% if true %}
{% elif true %}{% endif %}
{% if true %}{% else %}{% else %}{% endif %}
{% if true %}{% else %}{% elif true %}{% endif %}
{% endif %}
{% if true %}{% endfor %}
{% set %}
{% set x %}
{% set x = %}
{% set x = 1 2 %}
{% set x == 1 %}
{% set 5 = 1 %}
{% set 'a' = 1 %}
{% set x.y.z = 1 %}
{% set x, y = 1 %}
{% set x, y = 1, 2, 3 %}
{% set x, y = none %}
{% set none = 1 %}
{% set True = 1 %}
{% with x %}{% endwith %}
{% with x = 1 y = 2 %}{% endwith %}
{% filter nofilter %}x{% endfilter %}
{% filter %}x{% endfilter %}
{% nosuchtag %}
{% do 1 %}
{% include 'x' %}
{% include 'x' ignore missing %}|
{% import 'x' as y %}
{% from 'x' import y %}
{% extends 'x' %}
{% endraw %}
{# open
{% comment %}x{% endcomment %}
{{ a }}}} {{ '}}' }} {{ '{%' }} {{ "{{" }} } { {} {a}
{{ {'a': {'b': 1}} }} {{ {'a': 1}['a'] }} {{ {} }} {{ [{}, {'a': []}] }} {{ {1: {2: 3}}[1][2]}} {{{'a': 1}.a}} {{ {'a': 1}|length }}
"""

SECTIONS["macro, call"] = r"""
{% macro m(a, b=2, c='x') %}[{{ a }}{{ b }}{{ c }}]{% endmacro %}{{ m(1) }} {{ m(1, 3) }} {{ m(1, c='y') }} {{ m(b=1, a=2) }} {{ m() }} {{ m(*[1, 2]) }} {{ m(**{'a': 7, 'c': 8}) }} {{ m(1, *[2], c=3) }} {{ m(none) }}
{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m() }} {{ m(1, 2) }} {{ m(a=1) }} {{ m(1, b=2) }} {{ m(*[1], **{'z': 2}) }}
{% macro m(x) %}{{ caller() }}{{ x }}{% endmacro %}{% call m(1) %}in{% endcall %} {% macro l(xs) %}{% for x in xs %}<{{ caller(x, loop.index) }}>{% endfor %}{% endmacro %}{% call(v, i) l([5, 6]) %}{{ v }}{{ i }}{% endcall %} {% call(v, i='d') l([7]) %}{{ v }}{{ i }}{% endcall %}
{% macro a() %}{{ b(1) }}{% endmacro %}{% macro b(x) %}b{{ x }}{% endmacro %}{{ a() }} {% macro fact(n) %}{{ n if n <= 1 else n * (fact(n - 1) | int) }}{% endmacro %}{{ fact(5) }} {% macro m(x=y) %}{{ x }}{% endmacro %}{% set y = 3 %}{{ m() }}
{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }} {% macro m(x) %}{{ x is defined }}{% endmacro %}{{ m() }} {{ m(missing) }} {% macro m() %}{% set z = 1 %}{% endmacro %}{{ m() }}{{ z }}| {% macro m() -%}  x  {%- endmacro %}[{{ m() }}] {{ m().strip() }} {{ m() | upper }} {{ m() is string }} {{ m() ~ 1 }} {{ m() is escaped }}
{% macro m(a, b=1) %}{{ varargs }}{% endmacro %}{{ m.name }} {{ m.arguments }} {{ m.catch_kwargs }} {{ m.catch_varargs }} {{ m.caller }} {{ m.defaults is defined }} {{ m is callable }} {{ m is string }}
{% if true %}{% macro m() %}yes{% endmacro %}{% endif %}{{ m() }} {% for x in [1, 2] %}{% macro k() %}{{ x }}{% endmacro %}{{ k() }}{% endfor %} {% with %}{% macro w() %}w{% endmacro %}{{ w() }}{% endwith %} {% set f = m %}{{ f() }} {{ [1, 2] | map('string') | list }} {{ {'f': m}.f() }} {{ [m][0]() }}
{% macro outer() %}{% macro inner() %}i{% endmacro %}{{ inner() }}{% endmacro %}{{ outer() }} {% macro wrap() %}({{ caller() }}){% endmacro %}{% call wrap() %}{% call wrap() %}x{% endcall %}{% endcall %} {% macro c() %}{{ caller is defined }}{% endmacro %}{{ c() }} {% call c() %}{% endcall %}
{% macro m(x) %}{% if x > 0 %}{{ x }}{{ m(x - 1) }}{% endif %}{% endmacro %}{{ m(3) }} {% macro loopy(n) %}{% for i in range(n) %}{{ i }}{% if i == 1 %}{% break %}{% endif %}{% endfor %}{% endmacro %}{{ loopy(5) }} {% macro t(x, y) %}{{ y }}{{ x }}{% endmacro %}{{ t(y=1, x=2) }}
{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}{% endmacro %}{{ m(b=2) }}
{% macro m(a) %}{% endmacro %}{{ m(1, a=2) }}
{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}
{% macro m() %}{% endmacro %}{% call m() %}{% endcall %}
{% macro m(a, b=1, c) %}{% endmacro %}
{% macro m(a %}{% endmacro %}
{% macro m %}{% endmacro %}
{% macro (a) %}{% endmacro %}
{% macro m() %}
{% call m %}{% endcall %}
{% call missing() %}{% endcall %}
{% macro m(a) %}{{ a.b.c }}{% endmacro %}{{ m(1) }}
{{ m(1, 2, x=3, 4) }}
{{ dict(a=1, a=2) }}
{{ n() }}
{{ 'x'() }}
{{ d.x() }}
{% macro m(a, a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}
{% macro m(caller) %}{{ caller }}{% endmacro %}{{ m(5) }}
{% macro m(caller=none) %}{{ caller }}{% endmacro %}{{ m() }} {% call m() %}{% endcall %}
{% macro m() %}{{ kwargs.x }}{% endmacro %}{{ m(x=1) }} {% macro v() %}{{ varargs | length }}{% endmacro %}{{ v(1, 2, 3) }} {% macro s(x) %}{{ x }}{% endmacro %}{{ s([1, 2] | map('string') | join('-')) }} {{ s(x={'a': 1}) }}
"""

SECTIONS["string methods"] = r"""
{{ 'aBc'.upper() }} {{ 'aBc'.lower() }} {{ 'aBc'.swapcase() }} {{ 'hello world'.title() }} {{ "they're 3rd x-ray".title() }} {{ 'hELLO'.capitalize() }} {{ 'Straße ΑΣ'.casefold() }} {{ 'ﬁ'.casefold() }} {{ 'İ'.casefold() | length }} {{ 'ß'.upper() }} {{ 'ǅ'.title() }} {{ 'ŉ'.capitalize() }} {{ 'ΑΣ'.lower() }} {{ 'ǆ'.swapcase() }} {{ 'ΑΣ'.swapcase() }}
[{{ 'ab'.center(5) }}] [{{ 'ab'.center(5, '*') }}] [{{ 'abc'.center(6, '-') }}] [{{ 'ab'.ljust(4, '.') }}] [{{ 'ab'.rjust(4, '.') }}] [{{ 'ab'.ljust(1) }}] [{{ 'é'.rjust(3) }}] [{{ 'x'.zfill(3) }}] [{{ '-5'.zfill(4) }}] [{{ '+5'.zfill(4) }}] [{{ ''.zfill(2) }}] [{{ '--5'.zfill(5) }}] [{{ '5'.zfill(-1) }}] [{{ 'é'.zfill(3) }}]
[{{ ' a '.strip() }}] [{{ ' a '.lstrip() }}] [{{ ' a '.rstrip() }}] [{{ 'xxaxx'.strip('x') }}] [{{ 'abcba'.lstrip('ab') }}] [{{ 'abcba'.rstrip('ab') }}] [{{ ' a '.strip(none) }}] [{{ 'a'.strip('') }}] [{{ '\u3000a\u3000'.strip() }}] [{{ 'https://x'.lstrip('htps:/') }}]
{{ 'a,b,c'.split(',') }} {{ 'a,b,c'.split(',', 1) }} {{ ' a  b '.split() }} {{ 'a b c'.split(none, 1) }} {{ ''.split() }} {{ ''.split(',') }} {{ 'abc'.split('') if false else 'skip' }} {{ 'a,b,c'.rsplit(',', 1) }} {{ 'a b  c'.rsplit() }} {{ 'a b  c'.rsplit(none, 1) }} {{ 'a--b'.split('--') }} {{ 'aXbXc'.split('X', maxsplit=1) }} {{ 'a b'.split(sep=' ') }} {{ 'a,b'.split(',', 0) }} {{ 'a\u00a0b\x1cc'.split() }} {{ ' a b '.split(' ') }} {{ ' a b '.split(none, 0) }} {{ 'aaa'.split('a') }}
{{ 'a\nb\r\nc\rd\x0be\x1cf\u2028g'.splitlines() }} {{ 'a\nb\n'.splitlines(true) }} {{ ''.splitlines() }} {{ '\n'.splitlines() }} {{ 'a\n\nb'.splitlines() }} {{ 'a'.splitlines(keepends=true) }} {{ 'a=b=c'.partition('=') }} {{ 'abc'.partition('=') }} {{ 'a=b=c'.rpartition('=') }} {{ 'abc'.rpartition('=') }} {{ ''.partition('x') }}
{{ 'prefix-x'.removeprefix('prefix-') }} {{ 'x'.removeprefix('y') }} {{ 'x.txt'.removesuffix('.txt') }} {{ 'x'.removesuffix('') }} {{ ''.removeprefix('a') }}| {{ 'aa'.removeprefix('a') }} {{ 'e\u0301'.removesuffix('\u0301') }}
{{ 'banana'.replace('a', 'o') }} {{ 'banana'.replace('a', 'o', 1) }} {{ 'abc'.replace('', '.') }} {{ 'banana'.replace('an', '') }} {{ 'a'.replace('a', 'b', -1) }} {{ 'aaa'.replace('a', 'b', 0) }} {{ ''.replace('', 'x') }} {{ ''.replace('', 'x', 0) }}| {{ 'ab'.replace('', '-', 1) }}
{{ '-'.join(['a', 'b']) }} {{ ', '.join(words) }} {{ ''.join('abc') }} {{ '-'.join({'a': 1, 'b': 2}) }} {{ '-'.join([]) }}| {{ '-'.join(words | map('upper')) }} {{ '-'.join(('x',)) }} {{ '-'.join(d.keys()) }}
{{ 'banana'.find('an') }} {{ 'banana'.rfind('an') }} {{ 'banana'.find('x') }} {{ 'banana'.find('an', 2) }} {{ 'banana'.find('an', 2, 4) }} {{ 'banana'.index('n') }} {{ 'banana'.rindex('n') }} {{ 'banana'.count('a') }} {{ 'aaaa'.count('aa') }} {{ 'abc'.count('') }} {{ 'banana'.count('a', 2) }} {{ 'banana'.count('a', 2, -1) }} {{ 'é🙂x'.find('x') }} {{ ''.find('') }} {{ 'abc'.find('', 3) }} {{ 'abc'.find('', 4) }} {{ 'abc'.rfind('') }} {{ 'banana'.find('a', -2) }} {{ 'banana'.rfind('a', 0, 4) }} {{ 'banana'.find('n', none, 3) }} {{ 'abc'.count('', 1) }} {{ 'abc'.count('', 5) }}
{{ 'abc'.startswith('ab') }} {{ 'abc'.startswith('b', 1) }} {{ 'abc'.startswith(('x', 'a')) }} {{ 'abc'.endswith('bc') }} {{ 'abc'.endswith(('x', 'c')) }} {{ 'abc'.endswith('b', 0, 2) }} {{ 'abc'.startswith('') }} {{ 'abc'.startswith('', 3) }} {{ 'abc'.startswith('', 4) }} {{ ''.endswith('') }} {{ 'abc'.startswith('ab', -3) }} {{ 'é'.startswith('e') }} {{ 'abc'.startswith(()) }} {{ 'abc'.endswith('c', -1) }}
{{ 'a\tb'.expandtabs() }} {{ 'a\tb'.expandtabs(4) }} {{ 'a\tb'.expandtabs(0) }} {{ '\t'.expandtabs(2) }}| {{ 'ab\n\tc'.expandtabs(4) }} {{ 'abc\td'.expandtabs(tabsize=4) }} {{ 'a\tb'.expandtabs(-1) }} {{ 'é\tb'.expandtabs(4) }}
{{ 'abc'.isalpha() }} {{ 'ab1'.isalpha() }} {{ ''.isalpha() }} {{ 'é日'.isalpha() }} {{ 'a1'.isalnum() }} {{ '½'.isalnum() }} {{ '12'.isdigit() }} {{ '²'.isdigit() }} {{ '½'.isdigit() }} {{ '½'.isnumeric() }} {{ '٣'.isdecimal() }} {{ '²'.isdecimal() }} {{ '一'.isnumeric() }} {{ '一'.isdigit() }} {{ ' \t'.isspace() }} {{ ''.isspace() }} {{ 'a'.islower() }} {{ 'A1'.isupper() }} {{ '1'.isupper() }} {{ 'Hello World'.istitle() }} {{ 'Hello world'.istitle() }} {{ ''.istitle() }} {{ 'a'.isascii() }} {{ 'é'.isascii() }} {{ ''.isascii() }} {{ 'a_1'.isidentifier() }} {{ '1a'.isidentifier() }} {{ ''.isidentifier() }} {{ 'a\n'.isprintable() }} {{ ''.isprintable() }} {{ 'ª'.islower() }} {{ 'Ⅷ'.isupper() }} {{ 'ǅ'.istitle() }} {{ 'ǅ'.isupper() }} {{ 'class'.isidentifier() }}
{{ '{} {}'.format(1, 'b') }} {{ '{1} {0}'.format('a', 'b') }} {{ '{x}'.format(x=5) }} {{ '{:>5}|{:<5}|{:^5}|'.format('a', 'b', 'c') }} {{ '{:05d}'.format(42) }} {{ '{:.2f}'.format(3.14159) }} {{ '{:,}'.format(1234567) }} {{ '{:x} {:X} {:o} {:b} {:#x}'.format(255, 255, 8, 5, 255) }} {{ '{!r}'.format('a') }} {{ '{!s:>4}'.format('a') }} {{ '{{}}'.format() }} {{ '{0[a]}'.format({'a': 1}) }} {{ '{0[1]}'.format([1, 2]) }} {{ '{:e}'.format(12345.678) }} {{ '{:g}'.format(0.0001) }} {{ '{:%}'.format(0.25) }} {{ '{:+d}'.format(5) }} {{ '{: d}'.format(5) }} {{ '{:*^9}'.format('mid') }} {{ '{:.3}'.format('abcdef') }} {{ '{:c}'.format(65) }} {{ '{:n}'.format(5) }} {{ '{:_}'.format(1234567) }} {{ '{}'.format(none) }} {{ '{:>{w}}'.format('a', w=4) }} {{ '{:{}}'.format('a', 3) }}|
{{ '{:,.2f}'.format(1234567.891) }} {{ '{:08.2f}'.format(-3.14159) }} {{ '{:=+8d}'.format(5) }} {{ '{:<08d}'.format(5) }} {{ '{:d}'.format(true) }} {{ '{}'.format(true) }} {{ '{:>6}'.format(true) }} {{ '{:f}'.format(1) }} {{ '{:.0f}'.format(2.5) }} {{ '{:#b}'.format(5) }} {{ '{:#o}'.format(8) }} {{ '{:10}|'.format(5) }} {{ '{:10}|'.format('a') }} {{ '{:^10}|'.format(1.5) }} {{ '{:.1%}'.format(0.256) }} {{ '{:G}'.format(1e-10) }} {{ '{:.4}'.format(3.14159) }} {{ '{:5}'.format(none) if false else '' }} {{ '{0.real}'.format(5) }} {{ '{a[b][0]}'.format(a={'b': [7]}) }} {{ '{!a}'.format('é') }} {{ '{:s}'.format('x') }} {{ '{:06}'.format(-42) }} {{ '{:<5}|'.format(42) }} {{ '{:,}'.format(1234.5) }} {{ '{:x}'.format(-255) }} {{ '{:010,}'.format(1234) }} {{ '{:#X}'.format(255) }} {{ '{:_x}'.format(1048575) }} {{ '{:g} {:g} {:g}'.format(1e5, 1e6, 1.0) }} {{ '{:.3g} {:.10g}'.format(1234.5, 0.1) }} {{ '{:-}'.format(5) }}
{{ '{a}-{b}'.format_map({'a': 1, 'b': 2}) }} {{ '{x}'.format_map(d) }}
{{ 'abc'.translate({97: 'X', 98: none, 99: 100}) }} {{ 'abc'.translate({}) }} {{ 'abé'.translate({233: 'e'}) }} {{ 'abc'.translate({97: 'long'}) }} {{ 'abc'.translate(''.maketrans('ab', 'xy')) }} {{ 'abc'.translate(''.maketrans('ab', 'xy', 'c')) }} {{ ''.maketrans({'a': 'z', 98: 'y'}) }} {{ 'abc'.maketrans('a', 'b') }}
{{ ''.split('') }}
{{ 'a'.split(5) }}
{{ 'a'.split(',', 'x') }}
{{ 'a'.join([1]) }}
{{ 'a'.join(5) }}
{{ 'a'.replace('a') }}
{{ 'a'.replace('a', 1) }}
{{ 'a'.index('b') }}
{{ 'a'.rindex('b') }}
{{ 'a'.find() }}
{{ 'a'.find(1) }}
{{ 'a'.startswith(1) }}
{{ 'a'.startswith(['a']) }}
{{ 'a'.center() }}
{{ 'a'.center('5') }}
{{ 'a'.center(5, 'xy') }}
{{ 'a'.center(5, '') }}
{{ 'a'.ljust(5, 1) }}
{{ 'a'.zfill('3') }}
{{ 'a'.zfill() }}
{{ 'a'.partition('') }}
{{ 'a'.partition() }}
{{ 'a'.partition(1) }}
{{ 'a'.strip(5) }}
{{ 'a'.removeprefix(1) }}
{{ 'a'.removeprefix() }}
{{ 'a'.upper(1) }}
{{ 'a'.isdigit(1) }}
{{ 'a'.count() }}
{{ 'a'.count(5) }}
{{ '{}'.format() }}
{{ '{x}'.format() }}
{{ '{} {0}'.format(1) }}
{{ '{0} {}'.format(1) }}
{{ '{'.format(1) }}
{{ '}'.format(1) }}
{{ '{:d}'.format('a') }}
{{ '{:d}'.format(1.5) }}
{{ '{:s}'.format(5) }}
{{ '{:q}'.format(5) }}
{{ '{!z}'.format(5) }}
{{ '{0.__class__}'.format('a') }}
{{ '{:5}'.format(none) }}
{{ '{:,}'.format('a') }}
{{ '{0[x]}'.format([1]) }}
{{ '{a.b}'.format(a={'b': 1}) }}
{{ '{x}'.format_map({}) }}
{{ '{:.2d}'.format(5) }}
{{ 'a'.nope() }}
{{ 'a'.translate() }}
{{ 'abc'.translate({97: 1.5}) }}
{{ ''.maketrans('ab', 'x') }}
{{ 'a'.__class__ }}|
{{ 'a'.__len__() }}
{{ 'abc'.splitlines(1, 2) }}
{{ 'a'.expandtabs('4') }}
{{ 'a'.strip(chars='a') }}
{{ 'a'.replace(old='a', new='b') }}
{{ 'a'.startswith(prefix='a') }}
{{ 'a'.center(width=5) }}
{{ 'a'.removeprefix(prefix='a') }}
{{ 'a'.zfill(width=5) }}
"""

SECTIONS["found by random templates"] = r"""
{{ 'ΑΣ'.title() }} {{ 'ΑΣ'.capitalize() }} {{ 'ΣΑΣ Σ'.title() }} {{ 'AΣ.'.title() }} {{ 'ǅΣ'.capitalize() }} {{ 'ǅ ßΣ'.swapcase() }} {{ 'ΑΣ' | title }} {{ 'ΑΣ' | capitalize }}
{{ range(1, 4) not in {} }} {{ {range(3): 1}[range(0, 3)] }} {{ {range(0): 1}[range(5, 1)] }} {{ [range(3), range(3)] | unique | list }}
{{ 'a' % missing }} {{ 'a' % d.nope }} {{ 'a' % range(2) }} {{ '%s' % range(2) }} {{ '' | wordwrap(-1) }}
{{ 'abc' | attr(0) }}
{{ {1: 2} | xmlattr }}
{{ range(1, 4) | urlencode }}
{{ 'ab' | groupby('nope') }}
{{ -0.05 | round(0, 'ceil') }} {{ -0.5 // -255 }} {{ -0.0 // -0.5 }} {{ 7.5 // -0.1 }} {{ -0.0 // 255 }} {{ 1e300 // 3.0 }} {{ '+_2' | int(7, 16) }} {{ '2_E1' | float }} {{ '1_0_0' | int }} {{ '0_x1' | int(3, 16) }}
{{ '{:>1.0}'.format(3.14159) }} {{ '{:#.0}'.format(2.5) }} {{ '{:#}'.format(1e16) }} {{ '{:.0}'.format(0.0) }} {{ '{:.2}'.format(12.0) }} {{ '{:.3}'.format(12.0) }} {{ '{:.2}'.format(1e-5) }} {{ '{:012,.0e}'.format(-0.5) }} {{ '{:0= 12,}'.format(1e16) }} {{ '{:015_x}'.format(48879) }} {{ '{:09,}'.format(1234) }} {{ '{:08,}'.format(1234) }}
{{ '%05c|' % 'a' }} {{ '%d' % 1e20 }} {{ '%.25d' % -1e20 }} {{ '%d' % -0.5 }} {{ '%5d|' % -1.9 }}
{{ '{:#c}'.format(65) }}
{{ '{:{:{}}}'.format('a', 5, 6) }}
{{ [{'key': '', 'x' * 40: 'y' * 40}, ''] | pprint }}
{{ [{}] | groupby('nope') | length }}
"""

SECTIONS["methods of lists, dictionaries and numbers"] = r"""
{{ numbers.count(2) }} {{ numbers.index(1) }} {{ numbers.index(2, 3) }} {{ numbers.copy() }} {{ (1, 2, 1).count(1) }} {{ (1, 2).index(2) }} {{ numbers.count(2.0) }} {{ [true].count(1) }} {{ ['a'].index('a', 0, 1) }} {{ numbers.index(2, -1) }}
{{ d.get('x') }} {{ d.get('q') }} {{ d.get('q', 5) }} {{ d.keys() }} {{ d.values() }} {{ {'a': 1}.items() }} {{ {'a': 1}.items() | list }} {{ d.copy() == d }} {{ d.get(none) }} {{ {1: 'a'}.get(true) }} {{ {}.get('x', {}) }} {{ d.keys() | list }} {{ d.keys() | length }} {{ {'b': 1, 'a': 2}.keys() | sort }} {{ {'a': 1}.keys() == {'a': 2}.keys() }}
{{ {}.fromkeys(['a', 'b'], 0) }} {{ {}.fromkeys('ab') }}
{{ (5).bit_length() }} {{ (5).bit_count() }} {{ n.real }} {{ n.imag }} {{ n.numerator }} {{ n.denominator }} {{ n.conjugate() }} {{ f.is_integer() }} {{ (2.0).is_integer() }} {{ f.as_integer_ratio() }} {{ n.as_integer_ratio() }} {{ f.real }} {{ true.real }} {{ (0).bit_length() }} {{ (-5).bit_length() }} {{ f.imag }} {{ f.conjugate() }} {{ true.bit_length() }}
{{ numbers.append(1) }}
{{ numbers.extend([1]) }}
{{ numbers.insert(0, 1) }}
{{ numbers.pop() }}
{{ numbers.remove(1) }}
{{ numbers.clear() }}
{{ numbers.reverse() }}
{{ numbers.sort() }}
{{ d.update({'a': 1}) }}
{{ d.pop('x') }}
{{ d.popitem() }}
{{ d.clear() }}
{{ d.setdefault('a', 1) }}
{{ numbers.append }}|{{ numbers.append is defined }}|{{ d.update is defined }}|{{ d['update'] is defined }}|{{ numbers['append'] is defined }}
{{ d | attr('update') }}|
{{ (d | attr('update'))({}) }}
{{ numbers.index(99) }}
{{ numbers.count() }}
{{ numbers.index() }}
{{ d.get() }}
{{ d.get([]) }}
{{ d.get('a', 1, 2) }}
{{ d.get(key='x') }}
{{ d.keys(1) }}
{{ (1, 2).append(3) }}
{{ (1, 2).copy() }}
{{ d.nope() }}
{{ numbers.nope() }}
{{ n.nope() }}
{{ none.nope() }}
{{ f.is_integer(1) }}
{{ d.__class__ }}|{{ d.__len__ is defined }}|{{ range.__name__ is defined }}|{{ a.__doc__ }}
{{ d.__class__.__mro__ }}
{{ ().__class__.__bases__[0].__subclasses__() }}
{{ a.format.__globals__ }}
"""

SECTIONS["generation"] = r"""
{% generation %}a{{ n }}{% endgeneration %} {% for m in messages %}{% generation %}{{ m.role }}{{ loop.index }}{% endgeneration %}{% endfor %} {% generation %}{% set q = 1 %}{% endgeneration %}{{ q }}| {% generation %}{% generation %}x{% endgeneration %}{% endgeneration %}
{% generation %}
{% endgeneration %}
{% generation x %}{% endgeneration %}
"""

# White space: trim_blocks and lstrip_blocks are on.
WHITESPACE = [
    "a\n  {% if yes %}\n  b\n  {% endif %}\nc\n",
    "a\n  {%- if yes %}\n  b\n  {%- endif %}\nc\n",
    "a\n  {% if yes -%}\n  b\n  {% endif -%}\nc\n",
    "a\n  {%+ if yes %}\n  b\n  {%+ endif %}\nc\n",
    "a\n  {% if yes +%}\n  b\n  {% endif +%}\nc\n",
    "a\n  {{ n }}\n  b\n",
    "a\n  {{- n }}\n  b\n",
    "a\n  {{ n -}}\n  b\n",
    "a\n  {{- n -}}\n  b\n",
    "a\n  {# c #}\n  b\n",
    "a\n  {#- c -#}\n  b\n",
    "a\n  {#+ c +#}\n  b\n",
    "a {# c #} b {# d #}\n\n c",
    "{% if yes %} \n x{% endif %}",
    "{% if yes %}\n\n x{% endif %}\n\n",
    "{% if yes %}\r\n x{% endif %}\r\n y\r z",
    "  {% if yes %}  {% if yes %}\n x {% endif %}  {% endif %}\n",
    "\t {% set q = 1 %}\t\n{{ q }}",
    "x {% set q = 1 %}\n{{ q }}",
    "{{ n }}{% set q = 1 %}\n{{ q }}",
    "{{ n }}  {% set q = 1 %}\n  {{ q }}",
    "\n\n{% set q = 1 %}\n\n{{ q }}\n\n",
    "  {% raw %}\n  {{ x }}\n  {% endraw %}\n  z",
    "  {%- raw -%}\n  {{ x }}\n  {%- endraw -%}\n  z",
    "  {% raw -%}\n  a {% endraw %}\n  z",
    "a {%- raw %} b {% endraw -%} c",
    "{% for x in [1, 2] %}\n  {{ x }}\n{% endfor %}\n",
    "{% for x in [1, 2] -%}\n  {{ x }}\n{%- endfor %}\n",
    "{%- for x in [1, 2] %}\n  {{ x }}\n{%- endfor -%}\n",
    "<{% for x in [1, 2] %}{{ x }} {% endfor %}>",
    "{% macro m() %}\n  x\n{% endmacro %}\n[{{ m() }}]",
    "{% set q %}\n  x\n{% endset %}\n[{{ q }}]",
    "{% generation %}\n x\n{% endgeneration %}\n y",
    "a\u00a0{%- if yes %}\u00a0b\u2003{%- endif %}c",
    "a\n\u00a0{% if yes %}b{% endif %}",
    "a\x0b{% if yes %}b{% endif %}\x0b\nc",
    "a\n \x0c {% if yes %}b{% endif %}\nc",
    "{{ '\n' }}|{{ 'a\nb' }}|{{ \"\r\n\" | length }}",
    "{{-n}}{{n-}} {{- n -}} {{ n}} {{n }}",
    "{{ -n }} {{ - n }} {{ n - n }} {{- -n }} {{ n --n -}}",
    "{{+n}} {%+if yes%}a{%endif+%}\n b",
    "{%if yes%}a{%else%}b{%endif%}",
    "{%\nif yes\n%}a{%\nendif\n%}",
    "{{\n n \n}}",
    "{# a\n b #}\n c",
    "{#--#}x{#-#}y",
    "{##}x",
    "{#-#}x",
    "{% if yes %}a{% endif %}\n{# c #}\n{% if yes %}b{% endif %}\n",
    "line\n\n\n",
    "line",
    "\n",
    "",
    " ",
    "  \n  {% if no %}\n a\n  {% endif %}  \n  ",
    "{% if yes %}{% endif %} \n{% if yes %}{% endif %}\n \n",
    "{{ a }}\n{% if yes %}\n{% endif %}\n{{ b }}\n",
    "{{ a }}{# x #}\n{{ b }}{#- y -#}\n{{ a }}",
    "   {#- x #}\n   y   {# z -#}   \n w",
    "{% block x %}\n a\n{% endblock x %}\n b",
    "{% with q = 1 %}\n {{ q }}\n{% endwith %}\n",
    "{% filter upper %}\n a\n{% endfilter %}\n",
    "{% call(x) l() %}\n{% endcall %}" "{% macro l() %}{% endmacro %}",
    "{% if yes %}\n{% if yes %}\n  deep\n{% endif %}\n{% endif %}\nend",
    "{% print n %}\n{% print n -%}\n x",
    "{{ '%}' }} {{ '}}' }} {% if '%}' %}a{% endif %} {# }} #}",
    "{{ 'a' }}{{ 'b' }}\n{{ 'c' }}",
    "{% raw %}{% raw %}{% endraw %}",
    "{%raw%}{{x}}{%endraw%}",
    "{% raw %} {# c #} {% endraw %}\n",
    "{%- if yes -%}\n\n{%- endif -%}\n\n x",
    "{% if yes %}\n  {%- for x in [1, 2] %}\n  - {{ x }}\n  {%- endfor %}\n{% endif %}",
    "{%- for m in messages %}\n    {%- if m.role == 'system' %}\n        {{- '<s>' }}\n    {%- elif m.role == 'user' %}\n{{ 'U: ' + m.content }}\n    {%- else %}\n        {{- m.content + '\\n' }}\n    {%- endif %}\n{%- endfor %}\n{%- if add %}\n    {{- 'A:' }}\n{%- endif %}\n",
]


def case(environment, template):
    row = {"template": template}
    try:
        row["expected"] = environment.from_string(template).render(**json.loads(json.dumps(VARIABLES)))
        row["expected"].encode()
    except Exception as error:  # any failure of the reference
        row.pop("expected", None)
        row["error"] = f"{type(error).__name__}: {error}"[:120]
    return row


def split(line):
    return re.split(r"(?<= \}\}[\]|]) (?=[\[]?\{\{ )|(?<= \}\}) (?=\[?\{\{ )", line)


def main():
    environment = chat_environment()
    lines = [line for section in SECTIONS.values() for line in section.strip("\n").split("\n")]
    templates = [part for line in lines for part in ([line] if "{%" in line else split(line))] + WHITESPACE
    rows = [case(environment, template) for template in dict.fromkeys(templates)]
    folder = os.path.dirname(os.path.abspath(__file__))
    names = {"filters": sorted(FILTERS), "tests": sorted(TESTS), "globals": sorted(DEFAULT_NAMESPACE)}
    with open(os.path.join(folder, "builtins.json"), "w", encoding="utf-8") as file:
        json.dump(names, file, indent=1)
        file.write("\n")
    with open(os.path.join(folder, "language.jsonl"), "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(len(rows), "templates,", sum("error" in row for row in rows), "of them errors")


if __name__ == "__main__":
    main()
