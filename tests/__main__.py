"""`python -m tests [--long | --check]`: everything that must hold, step by step, and one summary."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from tests.rounds import LONG

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parent.parent
BESIDE_EACH_OTHER = ('--numprocesses=auto', '--dist=loadfile', '--max-worker-restart=0')
"""As many files at a time as there are cores; the tests of one file run in order, and one that ends its process ends
there, as it would do so again."""


@dataclass
class Run:
    """The steps so far."""

    long: bool
    reports: Path
    steps: list[tuple[str, bool, float]] = field(default_factory=list)

    def step(self, name: str, *command: str | Path) -> None:
        """Run one command and remember how it went; the other steps go on either way."""
        print(f'\n{name}: {" ".join(str(word) for word in command[1:])}', flush=True)
        began = time.monotonic()
        done = subprocess.run([str(word) for word in command], cwd=ROOT, check=False)
        self.steps.append((name, done.returncode == 0, time.monotonic() - began))

    def pytest(self, name: str, *words: str) -> None:
        """One kind of test."""
        report = self.reports / f'{name}.xml'
        rounds = ['-m', ''] if self.long else []
        self.step(name, sys.executable, '-m', 'pytest', '-q', '--durations=5', f'--junit-xml={report}', *rounds, *words)


def main() -> int:
    """All steps in order."""
    parser = argparse.ArgumentParser('python -m tests', description=__doc__)
    parser.add_argument('--long', action='store_true', help='with the full number of rounds')
    parser.add_argument('--check', action='store_true', help='format, lint and types only')
    options = parser.parse_args()
    if options.long:
        os.environ[LONG] = 'yes'
    with tempfile.TemporaryDirectory() as folder:
        run = Run(options.long, Path(folder))
        run.step('format', BIN / 'ruff', 'format', '--check', '.')
        run.step('lint', BIN / 'ruff', 'check', '.')
        run.step('lint of JavaScript', BIN / 'oxlint', '-c', '.oxlintrc.json', '--deny-warnings', 'assets/js')
        run.step('types', sys.executable, '-m', 'mypy')
        if not options.check:
            run.pytest('unit', *BESIDE_EACH_OTHER, 'tests/test_architecture.py', 'tests/unit')
            run.pytest('integration', *BESIDE_EACH_OTHER, 'tests/integration')
            os.environ['DBBASIC_CHROMIUM'] = find_chromium()
            run.pytest('e2e', *BESIDE_EACH_OTHER, 'tests/e2e')
        return summarize(run)


def find_chromium() -> str:
    """The browser for the end-to-end tests; installed if there is none."""
    wanted = [os.environ.get('DBBASIC_CHROMIUM', ''), 'chromium', 'chromium-browser', 'google-chrome']
    for name in filter(None, wanted):
        if path := shutil.which(name):
            return path
    if shutil.which('apt-get'):
        sudo = [] if os.geteuid() == 0 else ['sudo', '-n']
        print('\nInstalling Chromium for the end-to-end tests', flush=True)
        for words in (['update', '-qq'], ['install', '-y', '-qq', 'chromium']):
            subprocess.run([*sudo, 'apt-get', *words], check=False, stdout=subprocess.DEVNULL)
        if path := shutil.which('chromium'):
            return path
    subprocess.run([sys.executable, '-m', 'playwright', 'install', 'chromium'], check=False)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if not Path(path).exists():
        sys.exit('No Chromium was found or could be installed. Install one and name it in DBBASIC_CHROMIUM.')
    return path


def summarize(run: Run) -> int:
    """Print how each step went and, last, how many tests passed and failed."""
    print('\n')
    for name, passed, seconds in run.steps:
        print(f'{"passed" if passed else "FAILED":<8}{name:<20}{seconds:7.1f} s')
    suites = [suite for report in run.reports.glob('*.xml') for suite in ElementTree.parse(report).iter('testsuite')]
    tests, failed, skipped = (
        sum(int(suite.get(name, 0)) for suite in suites for name in names)
        for names in (['tests'], ['failures', 'errors'], ['skipped'])
    )
    print(
        f'\n{tests - failed - skipped} passed, {failed} failed{f", {skipped} skipped" if skipped else ""}', flush=True
    )
    return 0 if all(passed for _, passed, _ in run.steps) else 1


if __name__ == '__main__':
    sys.exit(main())
