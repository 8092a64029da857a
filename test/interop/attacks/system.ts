import type { Said } from './answer.ts';
import type { Who } from './stage.ts';

/** Whom the asker trusts: the release key; both of two keys together; release for all tags and dev for some; the next release key alone. */
export type Trust = 'release' | 'both' | 'scoped' | 'next';

/** A question: what is this tag? `cold`: by somebody who remembers nothing; `warm`: by somebody who has asked before. */
export interface Question {
  readonly trust?: Trust;
  readonly memory?: 'cold' | 'warm';
}

/** A way of signing images and of asking what a tag is, by real programs. Repositories are paths on the stage's registry. */
export interface System {
  readonly name: string;
  /** Whether who has asked before may be told something else than who has not. */
  readonly remembers: boolean;
  /** Signs what the tag is now, and tells the world in whatever way the system has. */
  sign(repository: string, tag: string, who: Who, trust?: Trust): Promise<void>;
  ask(repository: string, tag: string, question?: Question): Promise<Said>;
}
