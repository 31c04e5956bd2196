/** Owns which files say something beyond their lines (licences, dependency manifests), and what they said. */
import { isLicencePath, licenceOf } from './licence.ts';
import { isManifestPath, type Manifest, readManifest } from './manifests.ts';
import { forEachWithPauses } from './pauses.ts';
import type { Blob, TreeFile } from './read-tree.ts';

export interface Licence {
  readonly path: string;
  readonly spdx: string;
}

/** More are counted and not read: a report could not show them. */
const MAX_LICENCES = 20;
const MAX_MANIFESTS = 1000;

export class NotableFiles {
  readonly licences: Licence[] = [];
  readonly manifests: Manifest[] = [];
  licencesFound = 0;
  manifestsFound = 0;
  readonly #pathsByBlob = new Map<Blob, string[]>();

  /** The notable ones of `files`, not read yet. */
  static async among(files: Iterable<TreeFile>): Promise<NotableFiles> {
    const notable = new NotableFiles();
    await forEachWithPauses(files, (file) => notable.#consider(file));
    return notable;
  }

  /** True when the content is that of a notable file. */
  has(blob: Blob): boolean {
    return this.#pathsByBlob.has(blob);
  }

  /** Reads the content if it is that of a notable file. */
  take(blob: Blob, content: Buffer): void {
    for (const path of this.#pathsByBlob.get(blob) ?? []) {
      if (isManifestPath(path)) this.manifests.push(readManifest(path, content));
      else this.licences.push({ path, spdx: licenceOf(content, path) });
    }
  }

  #consider({ path, isSymlink, blob }: TreeFile): void {
    if (isSymlink) return;
    if (isManifestPath(path)) {
      this.manifestsFound += 1;
      if (this.manifestsFound <= MAX_MANIFESTS) this.#remember(blob, path);
    } else if (isLicencePath(path)) {
      this.licencesFound += 1;
      if (this.licencesFound <= MAX_LICENCES) this.#remember(blob, path);
    }
  }

  #remember(blob: Blob, path: string): void {
    this.#pathsByBlob.set(blob, [...(this.#pathsByBlob.get(blob) ?? []), path]);
  }
}
