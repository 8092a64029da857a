/** The text of an instruction, continuation lines joined, with the way back into the file. */
export interface Joined {
  readonly text: string;
  /** The offset in the file of a character; also of the end of a word, as the place after its last character. */
  readonly offsetOf: (index: number) => number;
}

/** One instruction, without its heredocs' content. */
export interface Instruction {
  /** In lower case. */
  readonly keyword: string;
  /** What follows the keyword: its range in `joined`. */
  readonly bodyStart: number;
  readonly joined: Joined;
}

/** `# name=value` at the start of a file. */
export interface Directive {
  readonly name: string;
  readonly value: string;
  readonly offset: number;
}

/** A Dockerfile as its parser sees it. */
export interface Dockerfile {
  readonly escaper: string;
  readonly directives: readonly Directive[];
  readonly instructions: readonly Instruction[];
}
