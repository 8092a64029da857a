import type { Digest } from '@signet/oci';
import type { TagStatement } from '../catalogue/content.ts';
import type { Notice } from '../statements/notice.ts';

/** One thing that a command does to a collection, with what proves that it may. */
export type Operation =
  | {
      /** The tag names this digest from now on. When that is, a writer computes from the statements, by its policy. */
      readonly kind: 'sign';
      readonly tag: string;
      readonly digest: Digest;
      readonly mediaType: string;
      /** Bytes of the manifest. */
      readonly size: number;
      readonly statements: readonly TagStatement[];
    }
  | { readonly kind: 'remove'; readonly tag: string; readonly notices: readonly Notice[] }
  | { readonly kind: 'revoke'; readonly digest: Digest; readonly notices: readonly Notice[] };

/** What an operation is about, as one word. */
export function subjectOf(operation: Operation): string {
  const { kind } = operation;
  return kind === 'sign'
    ? `${kind} ${operation.tag} ${operation.digest}`
    : `${kind} ${kind === 'remove' ? operation.tag : operation.digest}`;
}
