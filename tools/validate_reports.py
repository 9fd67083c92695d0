#!/usr/bin/env python3
"""Reports in the formats of other tools, judged by those tools; see README.md.

    validate_reports.py --example target/debug/examples/reports --portcullis target/release/portcullis --node-modules DIR

Each format is asked of every command and of two reports that nothing else makes: one with every outcome, one whose every
text tries to get out of its place. Each reader is shown broken reports first, which it has to refuse.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
import junitparser

TOOLS = Path(__file__).resolve().parent
ROOT = TOOLS.parent

# Commands whose answers are reports, on networks that give each something to say.
COMMANDS = [
    ['test', 'tools/reports/portcullis.yaml', '-i', 'scenarios/two-tier/export'],
    ['audit', '-i', 'scenarios/exposure/export'],
    ['audit', '-i', 'scenarios/kitchen-sink/export'],
    ['diff', 'scenarios/two-tier/export', 'scenarios/two-tier-corrected/export', '--fail-on', 'opens'],
]


class Refused(Exception):
    """A reader refuses a report; why."""


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, **options)


class Sarif:
    """The official JSON schema, and Microsoft's validator with the rules of GitHub's code scanning."""

    broken = [('"version": "2.1.0"', '"version": "2.2"'), ('"startLine": 57', '"startLine": 0'),
              ('"ruleIndex": 1', '"ruleIndex": 7'), ('"kind": "open"', '"kind": "unknown"')]

    def __init__(self, node_modules):
        self.tool = node_modules / '@microsoft/sarif-multitool-linux'
        schema = json.loads((self.tool / 'sarif-2.1.0.json').read_text())
        self.schema = jsonschema.Draft202012Validator(schema)

    def read(self, text):
        log = json.loads(text)
        for error in self.schema.iter_errors(log):
            raise Refused(f'{error.json_path}: {error.message}')
        with tempfile.TemporaryDirectory() as folder:
            report, found = Path(folder, 'report.sarif'), Path(folder, 'found.sarif')
            report.write_text(text)
            # It needs no locale, and its exit code says only that it ran.
            environment = {**os.environ, 'DOTNET_SYSTEM_GLOBALIZATION_INVARIANT': '1'}
            output = run([self.tool / 'Sarif.Multitool', 'validate', report, '--rule-kind', 'Sarif;Ghas',
                          '--level', 'Error', '--quiet', 'true', '--output', found], env=environment)
            if not found.exists():
                raise SystemExit(f'sarif-multitool did not run: {output.stdout}{output.stderr}')
            for result in json.loads(found.read_text(encoding='utf-8-sig'))['runs'][0].get('results', []):
                raise Refused(f"{result['ruleId']}: {result['message']}")
        return len(log['runs'][0]['results'])


class Junit:
    """junitparser, which other tools read JUnit by."""

    broken = [('</testsuites>', ''), ('failures="2"', 'failures="3"'), ('<failure', '<failed')]

    def read(self, text):
        try:
            suites = junitparser.JUnitXml.fromstring(text.encode())
        except Exception as error:  # of whichever XML parser it uses
            raise Refused(error) from error
        all_of_them = [0, 0, 0, 0]
        for suite in suites:
            kinds = [type(result) for case in suite for result in case.result]
            counted = [len(list(suite)), *map(kinds.count, (junitparser.Failure, junitparser.Error, junitparser.Skipped))]
            self.compare(suite, counted)
            all_of_them = [sum(pair) for pair in zip(all_of_them, counted)]
            unnamed = [case for case in suite if not case.name or not case.classname]
            if unnamed:
                raise Refused(f'{len(unnamed)} test cases without a name')
        self.compare(suites, all_of_them)
        return suites.tests

    @staticmethod
    def compare(element, counted):
        stated = [element.tests, element.failures, element.errors, element.skipped]
        if counted != stated:
            raise Refused(f'{stated} tests, failures, errors, skipped are stated, and there are {counted}')


class Gitlab:
    """What GitLab documents, as a schema; fingerprints have to differ, since GitLab drops all but one of equal ones."""

    broken = [('"fingerprint"', '"finger"'), ('"minor"', '"low"'), ('"begin": 57', '"begin": "57"'),
              ('"0badcafe"', '"00c0ffee"')]

    def __init__(self):
        schema = json.loads((TOOLS / 'reports/gitlab_code_quality.schema.json').read_text())
        self.schema = jsonschema.Draft202012Validator(schema)

    def read(self, text):
        violations = json.loads(text)
        for error in self.schema.iter_errors(violations):
            raise Refused(f'{error.json_path}: {error.message}')
        fingerprints = {violation['fingerprint'] for violation in violations}
        if len(fingerprints) != len(violations):
            raise Refused(f'{len(violations)} violations have {len(fingerprints)} fingerprints')
        return len(violations)


class Github:
    """The documented grammar of workflow commands; GitHub's own library has to write what was read the same way."""

    broken = [('::warning', 'warning'), ('%0A', '\n'), ('line=57', 'line=x'), ('::error title', '::fatal title'),
              ('%0Afix: renumber', '%0afix%3A renumber')]
    line = re.compile(r'::(notice|warning|error)(?: ([^:]*))?::(.*)')
    numbers = ('line', 'col')

    def __init__(self, node_modules):
        self.node_modules = node_modules

    @staticmethod
    def unescaped(text, more=()):
        for escape, letter in [*more, ('%0D', '\r'), ('%0A', '\n'), ('%25', '%')]:
            text = text.replace(escape, letter)
        return text

    def command(self, line):
        match = self.line.fullmatch(line)
        if not match:
            raise Refused(f'no command: {line!r}')
        name, properties, message = match.groups()
        found = {}
        for one in (properties or '').split(','):
            key, equals, value = one.partition('=')
            if not equals or key not in ('file', 'line', 'col', 'title') or key in found:
                raise Refused(f'{one!r} in {line!r}')
            if key in self.numbers and not value.isdecimal():
                raise Refused(f'{one!r} in {line!r}')
            found[key] = self.unescaped(value, [('%3A', ':'), ('%2C', ',')])
        return name, found, self.unescaped(message)

    def read(self, text):
        # The runner's lines end at a line feed, a carriage return, or both.
        lines = [line for line in re.split(r'\r\n|\r|\n', text) if line]
        commands = [self.command(line) for line in lines]
        output = run(['node', TOOLS / 'reports/github.mjs', self.node_modules], input=json.dumps(commands))
        if output.returncode:
            raise SystemExit(f'node did not run: {output.stderr}')
        if output.stdout != text:
            raise Refused('@actions/core writes it another way')
        return len(commands)


def refuses_what_is_broken(name, reader, sample):
    """Whether the reader can tell: each of its broken reports differs from a good one in one thing."""
    reader.read(sample)
    for good, bad in reader.broken:
        if good not in sample:
            raise SystemExit(f'{name}: nothing to break: no {good} in the sample')
        try:
            reader.read(sample.replace(good, bad, 1))
        except (Refused, ValueError):
            continue
        raise SystemExit(f'{name}: {good} as {bad} was not refused')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--example', type=Path, required=True)
    parser.add_argument('--portcullis', type=Path, required=True)
    parser.add_argument('--node-modules', type=Path, required=True)
    arguments = parser.parse_args()

    node_modules = arguments.node_modules.resolve()
    readers = {'sarif': Sarif(node_modules), 'junit': Junit(), 'gitlab': Gitlab(), 'github': Github(node_modules)}
    failed = 0
    for name, reader in readers.items():
        sample = run([arguments.example.resolve(), 'sample', name]).stdout
        refuses_what_is_broken(name, reader, sample)
        reports = [([arguments.example.resolve(), kind, name], (0,)) for kind in ('sample', 'hostile')]
        for command in COMMANDS:
            reports.append(([arguments.portcullis.resolve(), *command, '--format', name], (0, 1, 3)))
        for command, codes in reports:
            shown = ' '.join(str(word) for word in command[1:])
            output = run(command)
            try:
                if output.returncode not in codes:
                    raise Refused(f'exit code {output.returncode}: {output.stderr}')
                print(f'{name}: {shown}: {reader.read(output.stdout)} read')
            except (Refused, ValueError) as error:
                failed += 1
                print(f'{name}: {shown}: refused: {error}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
