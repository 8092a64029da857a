import type { Operation } from '../journal/operation.ts';
import type { ColdOptions, Published, WriterOptions } from './options.ts';
import { runPublisher } from './run.ts';

/** What is to be published. */
export interface PublishOptions extends WriterOptions, ColdOptions {
  /** None: only what others have recorded. */
  readonly operations?: readonly Operation[];
}

/**
 * Publishes operations, and all that the journal holds: none that is acknowledged is lost, whoever else publishes at the same time and wherever
 * this process ends. Rule: signed-tags.md 5.1.
 * @throws as {@link runPublisher}
 */
export function publish({ operations = [], ...options }: PublishOptions): Promise<Published> {
  return runPublisher({ ...options, operations });
}

/** Signs the catalogue anew, whatever else there is to do, so that it does not expire. Rule: signed-tags.md 5.2. @throws as {@link runPublisher} */
export function refresh(options: WriterOptions & ColdOptions): Promise<Published> {
  return runPublisher({ ...options, operations: [], sinceMs: options.now() });
}
