import { crypto } from './machine/builtins.ts';

const shown = '(sensitive)';

/**
 * A value that must not be seen. However it is printed, logged, serialised or inspected, it shows `(sensitive)`; the value comes
 * out only through `reveal()`, which is easy to search for.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  /** A keyed fingerprint, good for telling "changed" from "the same" without keeping the value. */
  fingerprint(key: string): string {
    return crypto().createHmac('sha256', key).update(this.#value).digest('hex').slice(0, 16);
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return shown;
  }
}

/**
 * Why a token cannot be used, or null when it can. Codex trims standard output and silently drops a token that is no legal
 * header value, and macOS `security` prints anything beyond printable ASCII as hex, so only printable ASCII without spaces is let
 * through; 1,280 characters is what the Windows Credential Manager holds.
 */
export function tokenProblem(value: string): string | null {
  if (value === '') return 'it is empty';
  if (/[\r\n]/.test(value)) return 'it has more than one line';
  if (/\s/.test(value)) return 'it contains white space';
  if (!/^[\x21-\x7e]+$/.test(value)) return 'it contains characters beyond printable ASCII, which Codex drops without a word';
  if (value.length > 1280) return 'it is longer than 1,280 characters';
  return null;
}
