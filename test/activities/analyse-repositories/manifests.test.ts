import { describe, expect, test } from 'vitest';
import { licenceOf } from '../../../src/activities/analyse-repositories/licence.ts';
import { isManifestPath, readManifest } from '../../../src/activities/analyse-repositories/manifests.ts';

const dependenciesOf = (path: string, text: string): number => readManifest(path, Buffer.from(text)).dependencies;

describe('each format is counted with all kinds of its direct dependencies', () => {
  test('package.json', () => {
    const manifest = {
      dependencies: { a: '1', b: '2' },
      devDependencies: { c: '3' },
      peerDependencies: { a: '*' },
      optionalDependencies: {},
    };
    expect(dependenciesOf('package.json', `\uFEFF${JSON.stringify(manifest)}`)).toBe(3);
  });

  test('composer.json, without the platform', () => {
    expect(dependenciesOf('composer.json', '{"require":{"php":">=8","ext-json":"*","a/b":"1"},"require-dev":{"c/d":"2"}}')).toBe(2);
  });

  test('requirements.txt', () => {
    expect(
      dependenciesOf(
        'requirements.txt',
        '# comment\nflask==2.0\nRequests[socks] >= 2 ; python_version < "3.8"\n-r other.txt\n\n--hash=x\nflask # twice\n',
      ),
    ).toBe(2);
  });

  test('pyproject.toml after PEP 621 and with groups', () => {
    const text = [
      '[project]',
      'name = "x" # dependencies = ["no"]',
      'dependencies = [',
      '  "flask[async]>=2; python_version < \'3.8\'",',
      "  'requests', # why",
      ']',
      '[project.optional-dependencies]',
      'docs = ["sphinx"]',
      '[dependency-groups]',
      'test = ["pytest", {include-group = "x"}]',
    ].join('\n');
    expect(dependenciesOf('pyproject.toml', text)).toBeGreaterThanOrEqual(4);
    expect(dependenciesOf('pyproject.toml', text.replace(', {include-group = "x"}', ''))).toBe(4);
  });

  test('pyproject.toml of Poetry, without Python itself', () => {
    expect(
      dependenciesOf(
        'pyproject.toml',
        '[tool.poetry.dependencies]\npython = "^3.9"\ndjango = "4"\n[tool.poetry.group.dev.dependencies]\nblack = "*"\n',
      ),
    ).toBe(2);
  });

  test('Cargo.toml', () => {
    const text =
      '[package]\nname = "x"\n[dependencies]\nserde = { version = "1", features = ["a"] }\nlog.workspace = true\n[dev-dependencies]\nrand = "1"\n[target."cfg(unix)".dependencies]\nnix = "1"\n[dependencies.tokio]\nversion = "1"\n';
    expect(dependenciesOf('Cargo.toml', text)).toBe(5);
  });

  test('go.mod', () => {
    expect(
      dependenciesOf(
        'go.mod',
        'module x\n\ngo 1.22\n\nrequire a.org/one v1.0.0\n\nrequire (\n\tb.org/two v1.2.3 // indirect\n\tc.org/three v0.0.1\n)\nreplace d.org/x => ../x\n',
      ),
    ).toBe(3);
  });

  test('pom.xml, without what is managed, commented out or of the build', () => {
    const one = '<dependency><artifactId>a</artifactId></dependency>';
    expect(
      dependenciesOf(
        'pom.xml',
        `<project><dependencyManagement>${one}</dependencyManagement><!-- ${one} --><dependencies>${one}${one}</dependencies><build>${one}</build></project>`,
      ),
    ).toBe(2);
  });

  test('Gemfile', () => {
    expect(
      dependenciesOf('Gemfile', "source 'https://rubygems.org'\ngem 'rails', '~> 7'\ngroup :test do\n  gem \"rspec\"\n  # gem 'no'\nend\n"),
    ).toBe(2);
  });
});

test.each([
  ['package.json', '{"dependencies":', 'Unexpected end of JSON input'],
  ['package.json', '[]', 'It is not a JSON object.'],
  ['composer.json', 'null', 'It is not a JSON object.'],
  ['go.mod', 'hello', 'It has no module line.'],
  ['pom.xml', '<html>', 'It has no project element.'],
  ['pyproject.toml', '[project]\ndependencies = ["a",\n', 'The array dependencies does not end.'],
  ['Cargo.toml', 'no tables', 'It has no tables.'],
  ['Gemfile', 'x'.repeat(300_000), 'It is larger than 256 KB.'],
])('a broken %s is an entry with an error', (path, text, says) => {
  const { dependencies, error } = readManifest(path, Buffer.from(text));
  expect([dependencies, error]).toEqual([0, says]);
});

test('sections of the wrong type count nothing', () => {
  expect(readManifest('package.json', Buffer.from('{"dependencies":[1],"devDependencies":"x"}'))).toEqual({
    path: 'package.json',
    ecosystem: 'npm',
    dependencies: 0,
  });
});

test('vendored manifests are not the own ones', () => {
  expect(
    ['package.json', 'packages/a/package.json', 'node_modules/a/package.json', 'vendor/x/go.mod', 'package.json.bak'].map(isManifestPath),
  ).toEqual([true, true, false, false, false]);
});

test.each([
  ['package.json', '['.repeat(250_000)],
  ['pom.xml', `<project>${'<!--'.repeat(60_000)}`],
  ['pyproject.toml', `[project]\ndependencies = [\n${"'a',\n".repeat(40_000)}`],
  ['pyproject.toml', `[project]\ndependencies = ["${'a'.repeat(250_000)}]`],
  ['pyproject.toml', `[project]\ndependencies = [] "${'a'.repeat(250_000)}`],
  ['Cargo.toml', `[dependencies]\na = ${'"'.repeat(250_000)}`],
  ['requirements.txt', 'a'.repeat(250_000)],
  ['go.mod', `module x\nrequire ${'x'.repeat(250_000)}`],
  ['Gemfile', `gem '${'a'.repeat(250_000)}`],
])('%s that is made to be slow takes no time (%#)', (path, text) => {
  const content = Buffer.from(text);
  const before = process.cpuUsage();
  readManifest(path, content);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(250);
});

describe('a licence is known by its sentences', () => {
  const MIT =
    'MIT License\n\nCopyright (c) 2024 X\n\nPermission is hereby granted, free of charge, to any person obtaining a copy\nof this software and associated documentation files (the "Software"), to deal ... subject to the following conditions:\n\nThe above copyright notice and this permission notice shall be included in all\ncopies or substantial portions of the Software.\n';
  const BSD =
    'Redistribution and use in source and binary forms, with or without\nmodification, are permitted provided that the following conditions are met:\n* Redistributions in binary form must reproduce the above copyright\n';
  const NAMES =
    '3. Neither the name of the copyright holder nor the names of its\ncontributors may be used to endorse or promote products derived from\nthis software without specific prior written permission.\n';
  test.each([
    ['MIT', MIT],
    ['MIT', MIT.toUpperCase().replaceAll('\n', '\r\n   ')],
    ['Apache-2.0', '   Apache License\n   Version 2.0, January 2004\n\n   TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION\n'],
    ['GPL-3.0', 'GNU GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007\n ... under version 3 of the GNU Affero General Public License\n'],
    ['GPL-2.0', 'GNU GENERAL PUBLIC LICENSE\n    Version 2, June 1991\n ... use the GNU Lesser General Public License instead\n'],
    ['LGPL-3.0', 'GNU LESSER GENERAL PUBLIC LICENSE\n  Version 3, 29 June 2007\n ... version 3 of the GNU General Public License\n'],
    ['LGPL-2.1', 'GNU LESSER GENERAL PUBLIC LICENSE\n  Version 2.1, February 1999\n'],
    ['AGPL-3.0', 'GNU AFFERO GENERAL PUBLIC LICENSE\n  Version 3, 19 November 2007\n'],
    ['BSD-2-Clause', BSD],
    ['BSD-3-Clause', BSD + NAMES],
    [
      'ISC',
      'ISC License\n\nPermission to use, copy, modify, and/or distribute this software for any\npurpose with or without fee is hereby granted, provided that the above\ncopyright notice and this permission notice appear in all copies.\n',
    ],
    [
      'ISC',
      'Permission to use, copy, modify, and distribute this software for any\npurpose with or without fee is hereby granted, provided that the above\ncopyright notice and this permission notice appear in all copies.\n',
    ],
    ['MPL-2.0', 'Mozilla Public License Version 2.0\n==================================\n1.4. "Covered Software"\n'],
    ['Unlicense', 'This is free and unencumbered software released into the public domain.\n'],
    ['CC0-1.0', 'Creative Commons Legal Code\n\nCC0 1.0 Universal\n'],
    ['unknown', 'All rights reserved.'],
    ['unknown', BSD + 'All advertising materials mentioning features must display\n' + NAMES],
    ['unknown', 'This project is not under the MIT License.'],
    ['MIT', `${MIT}\n\nThird party:\n${BSD}`],
  ])('%s (%#)', (spdx, text) => {
    expect(licenceOf(Buffer.from(text))).toBe(spdx);
  });
});
