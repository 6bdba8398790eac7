/**
 * Tells a conditional write, which may take long to come in, that its key was deleted meanwhile: S3 then
 * answers 409 rather than deciding by what is there at the end.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */

export interface KeyWatch {
  readonly deleted: boolean;
  release(): void;
}

export class KeyWatches {
  readonly #watches = new Map<string, Set<{ deleted: boolean }>>();

  watch(bucket: string, key: string): KeyWatch {
    const name = `${bucket}/${key}`;
    const state = { deleted: false };
    const others = this.#watches.get(name) ?? new Set();
    this.#watches.set(name, others.add(state));
    return {
      get deleted() {
        return state.deleted;
      },
      release: () => {
        others.delete(state);
        if (others.size === 0) this.#watches.delete(name);
      },
    };
  }

  note_deletion(bucket: string, key: string): void {
    for (const state of this.#watches.get(`${bucket}/${key}`) ?? []) state.deleted = true;
  }
}
