import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isLicencePath, licenceOf } from '../../../src/activities/analyse-repositories/licence.ts';
import { isManifestPath, readManifest } from '../../../src/activities/analyse-repositories/manifests.ts';

/** `name version kind`, as the manifest declares them; kind `runtime` is left out. */
function declared(path: string, text: string): string[] {
  const { dependencies, error } = readManifest(path, Buffer.from(text));
  expect(error).toBeUndefined();
  return dependencies.map(({ name, version, kind }) => [name, version ?? '-', ...(kind === 'runtime' ? [] : [kind])].join(' '));
}

describe('each format is read with all kinds of its direct dependencies and their versions', () => {
  test('package.json', () => {
    const manifest = {
      dependencies: { a: '^1.2.3', b: 'git+https://token@host.example/b.git#v2', c: '*' },
      devDependencies: { d: '~3' },
      peerDependencies: { a: '>=1', e: '5' },
      optionalDependencies: { f: '6' },
    };
    expect(declared('package.json', `\uFEFF${JSON.stringify(manifest)}`)).toEqual([
      'a ^1.2.3',
      'b git+https://host.example/b.git#v2',
      'c -',
      'd ~3 development',
      'e 5 peer',
      'f 6 optional',
    ]);
  });

  test('composer.json, without the platform', () => {
    expect(declared('composer.json', '{"require":{"php":">=8","ext-json":"*","a/b":"^1"},"require-dev":{"c/d":"2"}}')).toEqual([
      'a/b ^1',
      'c/d 2 development',
    ]);
  });

  test('requirements.txt, whatever it is called', () => {
    const text = [
      '# comment',
      'flask==2.0 \\',
      '    --hash=sha256:0',
      'Requests[socks] >= 2, < 3 ; python_version < "3.8"  # why',
      '-r other.txt',
      '',
      'wheel @ https://user:secret@host.example/w.whl#sha256=1',
      'bare',
      'flask # twice',
    ].join('\r\n');
    const found = ['flask ==2.0', 'requests >= 2, < 3', 'wheel https://host.example/w.whl#sha256=1', 'bare -'];
    expect(declared('requirements.txt', text)).toEqual(found);
    expect(declared('requirements-dev.txt', text)).toEqual(found);
    expect(declared('requirements/base.txt', text)).toEqual(found);
  });

  test('pyproject.toml after PEP 621 and with groups', () => {
    const text = [
      '[build-system]',
      'requires = ["hatchling>=1.2"]',
      '[project]',
      'name = "x" # dependencies = ["no"]',
      'dependencies = [',
      '  "flask[async]>=2; python_version < \'3.8\'",',
      "  'requests (>=1)', # why",
      ']',
      '[project.optional-dependencies]',
      'docs = ["sphinx~=7"]',
      '[dependency-groups]',
      'test = ["pytest"]',
    ].join('\n');
    expect(declared('pyproject.toml', text)).toEqual([
      'hatchling >=1.2 build',
      'flask >=2',
      'requests >=1',
      'sphinx ~=7 optional',
      'pytest - development',
    ]);
  });

  test('pyproject.toml of Poetry, without Python itself', () => {
    const text = [
      '[tool.poetry.dependencies]',
      'python = "^3.9"',
      'django = "4"',
      'redis = { version = "^5", optional = true }',
      '[tool.poetry.dependencies.celery]',
      'version = "5.3"',
      '[tool.poetry.group.dev.dependencies]',
      'black = "*"',
    ].join('\n');
    expect(declared('pyproject.toml', text).toSorted()).toEqual(['black - development', 'celery 5.3', 'django 4', 'redis ^5 optional']);
  });

  test('Pipfile', () => {
    const text = '[packages]\nflask = "*"\nrequests = {version = ">=2", extras = ["socks"]}\n[dev-packages]\npytest = "==8"\n';
    expect(declared('Pipfile', text)).toEqual(['flask -', 'requests >=2', 'pytest ==8 development']);
  });

  test('setup.cfg', () => {
    const text =
      '[metadata]\nname = x\n[options]\ninstall_requires =\n    six>=1\n    # no\n    attrs\n[options.extras_require]\ntest =\n    pytest>=8\n';
    expect(declared('setup.cfg', text)).toEqual(['six >=1', 'attrs -', 'pytest >=8 optional']);
  });

  test('Cargo.toml', () => {
    const text = [
      '[package]',
      'name = "x"',
      'version = "9"',
      '[dependencies]',
      'serde = { version = "1", features = ["a", "b"], optional = true }',
      'log.workspace = true',
      'old = { package = "renamed", git = "https://host.example/r" }',
      '[dev-dependencies]',
      'rand = "0.8"',
      '[target."cfg(unix)".dependencies]',
      "nix = '1'",
      '[build-dependencies.cc]',
      'version = "1.0"',
      'features = ["parallel"]',
    ].join('\n');
    expect(declared('Cargo.toml', text).toSorted()).toEqual([
      'cc 1.0 build',
      'log -',
      'nix 1',
      'rand 0.8 development',
      'renamed https://host.example/r',
      'serde 1 optional',
    ]);
  });

  test('go.mod', () => {
    const text =
      'module x\n\ngo 1.22\n\nrequire a.org/one v1.0.0\n\nrequire (\n\tb.org/two v1.2.3 // indirect\n\tc.org/three v0.0.1\n\t// no v1\n)\nreplace d.org/x => ../x\n';
    expect(declared('go.mod', text)).toEqual(['a.org/one v1.0.0', 'b.org/two v1.2.3 indirect', 'c.org/three v0.0.1']);
  });

  test('pom.xml, without what is managed, excluded, commented out or of the build, and with its properties', () => {
    const one = (id: string, rest = ''): string => `<dependency><groupId>g</groupId><artifactId>${id}</artifactId>${rest}</dependency>`;
    const parts = [
      '<project><version>7</version><properties><x.version>1.5</x.version></properties>',
      `<dependencyManagement>${one('managed')}</dependencyManagement><!-- ${one('comment')} --><dependencies>`,
      one('a', '<version>${x.version}</version><exclusions><exclusion><artifactId>no</artifactId></exclusion></exclusions>'),
      one('b', '<version>${project.version}</version><scope>test</scope>'),
      one('c', '<optional>true</optional>'),
      `</dependencies><build>${one('plugin')}</build></project>`,
    ];
    expect(declared('pom.xml', parts.join('\n'))).toEqual(['g:a 1.5', 'g:b 7 development', 'g:c - optional']);
  });

  test('build.gradle and build.gradle.kts', () => {
    const text = [
      'dependencies {',
      "  implementation 'g:a:1.0' // why",
      '  testImplementation("g:b:2.0")',
      '  implementation(platform("g:bom:3"))',
      "  api group: 'g', name: 'c', version: '4'",
      '  kapt("g:d:5@aar")',
      '  implementation(libs.retrofit)',
      "  capitalize('g:no:1')",
      "  // implementation 'g:no:1'",
      '}',
    ].join('\n');
    const found = ['g:a 1.0', 'g:b 2.0 development', 'g:bom 3', 'g:c 4', 'g:d 5@aar build'];
    expect(declared('app/build.gradle', text)).toEqual(found);
    expect(declared('build.gradle.kts', text)).toEqual(found);
  });

  test('libs.versions.toml', () => {
    const text = [
      '[versions]',
      'kotlin = "2.0"',
      '[libraries]',
      'one = { module = "g:a", version.ref = "kotlin" }',
      'two = { group = "g", name = "b", version = "1.1" }',
      'three = "g:c:3"',
      '[plugins]',
      'p = { id = "no", version = "1" }',
    ].join('\n');
    expect(declared('gradle/libs.versions.toml', text)).toEqual(['g:a 2.0', 'g:b 1.1', 'g:c 3']);
  });

  test('Gemfile', () => {
    const text = [
      "source 'https://rubygems.org'",
      "gem 'rails', '~> 7', '>= 7.1', require: false",
      'group :test, :development do',
      '  gem "rspec" # why',
      "  # gem 'no'",
      'end',
      'group :production do',
      "  gem 'puma'",
      'end',
      "gem 'rubocop', '1', group: :development",
    ].join('\n');
    expect(declared('Gemfile', text)).toEqual(['rails ~> 7, >= 7.1', 'rspec - development', 'puma -', 'rubocop 1 development']);
  });

  test('a gemspec', () => {
    const text =
      'Gem::Specification.new do |s|\n  s.add_dependency \'a\', \'~> 1\'\n  s.add_development_dependency("b", [">= 2", "< 3"])\nend\n';
    expect(declared('x.gemspec', text)).toEqual(['a ~> 1', 'b >= 2, < 3 development']);
  });

  test('the project files of .NET', () => {
    const project = [
      '<Project Sdk="x"><ItemGroup>',
      '<PackageReference Include="A" Version="1.2" />',
      '<PackageReference Include="B"><Version>3</Version><PrivateAssets>all</PrivateAssets></PackageReference>',
      '<PackageReference Include="C" /><!-- <PackageReference Include="No" /> -->',
      '</ItemGroup></Project>',
    ];
    expect(declared('src/App.csproj', project.join('\n'))).toEqual(['A 1.2', 'B 3 development', 'C -']);
    expect(declared('Directory.Packages.props', '<Project><PackageVersion Include="A" Version="9" /></Project>')).toEqual(['A 9']);
    expect(declared('packages.config', '<packages><package id="A" version="1" targetFramework="net48" /></packages>')).toEqual(['A 1']);
  });

  test('pubspec.yaml', () => {
    const text =
      'name: x\ndependencies:\n  flutter:\n    sdk: flutter\n  http: ^1.0.0 # why\n  quoted: ">=1.0.0 <2.0.0"\n\ndev_dependencies:\n  test: any\nflutter:\n  assets: x\n';
    expect(declared('pubspec.yaml', text)).toEqual(['flutter -', 'http ^1.0.0', 'quoted >=1.0.0 <2.0.0', 'test any development']);
  });

  test('mix.exs', () => {
    const text =
      'defmodule X do\n  def project, do: [a: {:no, "1"}]\n  defp deps do\n    [\n      {:phoenix, "~> 1.7"},\n      # {:no, "1"},\n      {:credo, "~> 1.0", only: [:dev, :test], runtime: false},\n      {:x, path: "../x"}\n    ]\n  end\nend\n';
    expect(declared('mix.exs', text)).toEqual(['phoenix ~> 1.7', 'credo ~> 1.0 development', 'x -']);
  });

  test('Package.swift', () => {
    const text = [
      'let package = Package(dependencies: [',
      '  .package(url: "https://host.example/a/one.git", from: "1.0.0"),',
      '  .package(url: "https://host.example/a/two", "1.0.0"..<"2.0.0"),',
      '  // .package(url: "https://host.example/no", from: "1"),',
      '  .package(path: "../local"),',
      '])',
    ].join('\n');
    expect(declared('Package.swift', text)).toEqual(['host.example/a/one 1.0.0', 'host.example/a/two "1.0.0"..<"2.0.0"']);
  });
});

/** Dependencies of `Cargo.toml` files by Python's parser, in the form of `declared`. */
const CARGO_BY_PYTHON = `
import json, sys, tomllib
KINDS = {"dependencies": "", "dev-dependencies": " development", "build-dependencies": " build"}
def declared(table):
    for section, kind in KINDS.items():
        for key, value in table.get(section, {}).items():
            entry = value if isinstance(value, dict) else {"version": value}
            optional = " optional" if entry.get("optional") and kind == "" else kind
            version = entry.get("version", entry.get("git", "*"))
            yield f"{entry.get('package', key)} {'-' if version == '*' else version}{optional}"
for path in sys.argv[1:]:
    manifest = tomllib.load(open(path, "rb"))
    places = [manifest, manifest.get("workspace", {}), *manifest.get("target", {}).values()]
    found = [one for place in places for one in declared(place)]
    print(json.dumps(sorted({one.split(" ")[0]: one for one in reversed(found)}.values())))
`;

test('the Cargo.toml files in node_modules declare what the TOML parser of Python reads', (context) => {
  const paths = readdirSync('node_modules', { recursive: true }).map(String);
  const files = paths.filter((path) => path.endsWith('/Cargo.toml')).map((path) => join('node_modules', path));
  const { status, stdout, stderr } = spawnSync('python3', ['-c', CARGO_BY_PYTHON, ...files], { encoding: 'utf8' });
  if (status !== 0) return context.skip(`no Python 3.11 with tomllib here: ${stderr.slice(-100)}`);
  const expected = stdout.trim().split('\n');
  expect(files.length).toBeGreaterThan(10);
  for (const [index, file] of files.entries()) {
    const found = declared('Cargo.toml', readFileSync(file, 'utf8')).toSorted();
    expect([file, found]).toEqual([file, JSON.parse(expected[index] ?? '')]);
  }
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
  expect([dependencies, error]).toEqual([[], says]);
});

test('sections of the wrong type count nothing', () => {
  expect(readManifest('package.json', Buffer.from('{"dependencies":[1],"devDependencies":"x"}'))).toEqual({
    path: 'package.json',
    ecosystem: 'npm',
    dependencies: [],
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
  ['pom.xml', `<project>${'<dependency><version>${'.repeat(8000)}`],
  ['pom.xml', `<project><properties>${'<a>'.repeat(80_000)}</properties>`],
  ['a.csproj', `<Project>${'<PackageReference '.repeat(14_000)}`],
  ['build.gradle', `${'api'.repeat(80_000)} 'a`],
  ['mix.exs', `defp deps do\n${'{:a,'.repeat(60_000)}`],
  ['Package.swift', '.package('.repeat(28_000)],
  ['setup.cfg', `[options]\ninstall_requires =\n ${'a'.repeat(250_000)}`],
  ['libs.versions.toml', `[libraries]\na = { ${'module = "'.repeat(25_000)}`],
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
  const GRANT =
    'Permission is hereby granted, free of charge, to any person obtaining a copy\nof this software and associated documentation files (the "Software"), ...';
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
    ['BSD-4-Clause', BSD + 'All advertising materials mentioning features must display\n' + NAMES],
    ['unknown', `${MIT}The Software shall be used for Good, not Evil.`],
    ['unknown', `"Commons Clause" License Condition v1.0\n${MIT}`],
    ['Apache-2.0 OR MIT', '# SPDX-License-Identifier: Apache-2.0 OR MIT\n'],
    ['unknown', 'Write `SPDX-License-Identifier: MIT` into each file.'],
    ['unknown', 'This project is not under the MIT License.'],
    ['MIT', `${MIT}\n\nThird party:\n${BSD}`],
    ['MIT-0', `${GRANT} furnished to do so.\n\nTHE SOFTWARE IS PROVIDED "AS IS", WITHOUT`],
    ['MIT-0', `${GRANT} furnished to do so, subject to the following conditions:\n\nTHE SOFTWARE IS PROVIDED "AS IS", WITHOUT`],
  ])('%s (%#)', (spdx, text) => {
    expect(licenceOf(Buffer.from(text))).toBe(spdx);
  });

  test('also by the name that the REUSE specification gives to its file', () => {
    expect([isLicencePath('LICENSES/LGPL-3.0-or-later.txt'), isLicencePath('src/LICENSE')]).toEqual([true, false]);
    expect(licenceOf(Buffer.from('GNU LESSER GENERAL PUBLIC LICENSE\nVersion 3, 29 June 2007'), 'LICENSES/LGPL-3.0-or-later.txt')).toBe(
      'LGPL-3.0-or-later',
    );
  });

  test('and what the packages in node_modules say of themselves is what is found, or the difference has a reason', () => {
    const found = installedPackages().flatMap(({ name, folder, licence }) => {
      const files = readdirSync(folder).filter(isLicencePath);
      const ids = files.map((file) => licenceOf(readFileSync(join(folder, file))));
      return files.length === 0 ? [] : { name, licence, ids };
    });
    expect(found.length).toBeGreaterThan(200);
    const others = found.filter(({ licence, ids }) => licence === undefined || !ids.includes(licence));
    const unexplained = others.filter(({ licence, ids }) => !isExplained(licence, ids));
    expect(unexplained).toEqual([]);
    expect(others.length).toBeLessThan(found.length / 50);
  });
});

interface InstalledPackage {
  readonly name: string;
  readonly folder: string;
  /** What its package.json declares. */
  readonly licence: string | undefined;
}

function installedPackages(): InstalledPackage[] {
  const names = readdirSync('node_modules').filter((name) => !name.startsWith('.'));
  const all = names.flatMap((name) =>
    name.startsWith('@') ? readdirSync(join('node_modules', name)).map((part) => `${name}/${part}`) : name,
  );
  return all.flatMap((name) => {
    const folder = join('node_modules', name);
    if (!existsSync(join(folder, 'package.json'))) return [];
    const { license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { license?: string };
    return { name, folder, licence: license };
  });
}

/** Its package.json has no licence, or names several, of which the file holds one. */
function isExplained(licence: string | undefined, ids: readonly string[]): boolean {
  return licence === undefined || (/ (?:AND|OR) /.test(licence) && ids.some((id) => licence.includes(id)));
}
