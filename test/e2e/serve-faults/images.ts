/** What is true of an image, whatever a registry or a server says. `refused`: signed, and in the list of refused digests of some policies. */
export type Truth = 'signed' | 'unsigned' | 'foreign' | 'refused';

/** Which rule of the policy is for it. */
export type RuleName = 'prod' | 'lenient' | 'bound' | 'free' | 'none';

/** An image that lies in the registry, as `REPOSITORY:TAG`. */
export interface Sample {
  readonly name: string;
  readonly rule: RuleName;
  readonly truth: Truth;
}

/** An image as requests name it. */
export interface Asked {
  readonly reference: string;
  readonly rule: RuleName;
  /** `moving`: a tag that names a signed image now, and then one that is not. */
  readonly truth: Truth | 'moving';
  readonly isPinned: boolean;
}

/** All that is asked about, and what was truly signed. */
export interface Images {
  readonly asked: readonly Asked[];
  /** Digests. */
  readonly signed: ReadonlySet<string>;
  /** The digest that was signed for each reference of the rule `bound`. */
  readonly bound: ReadonlyMap<string, string>;
}

/** The tag that moves, and those of the two images that it names. */
export const moving = { repository: 'prod/moving', tag: 'now', signed: 'one', unsigned: 'two' } as const;

/** The first is the one whose manifest and signatures a lying registry shows for others. */
export const samples: readonly Sample[] = [
  { name: 'prod/good-0:1', rule: 'prod', truth: 'signed' },
  { name: 'prod/good-1:1', rule: 'prod', truth: 'signed' },
  { name: 'prod/good-2:1', rule: 'prod', truth: 'signed' },
  { name: 'prod/good-3:1', rule: 'prod', truth: 'signed' },
  { name: 'prod/plain-0:1', rule: 'prod', truth: 'unsigned' },
  { name: 'prod/plain-1:1', rule: 'prod', truth: 'unsigned' },
  { name: 'prod/foreign:1', rule: 'prod', truth: 'foreign' },
  { name: 'prod/refused:1', rule: 'prod', truth: 'refused' },
  { name: 'lenient/good:1', rule: 'lenient', truth: 'signed' },
  { name: 'lenient/plain:1', rule: 'lenient', truth: 'unsigned' },
  { name: 'lenient/refused:1', rule: 'lenient', truth: 'refused' },
  { name: 'bound/good:1', rule: 'bound', truth: 'signed' },
  { name: 'bound/plain:1', rule: 'bound', truth: 'unsigned' },
  { name: 'free/plain:1', rule: 'free', truth: 'unsigned' },
  { name: `${moving.repository}:${moving.signed}`, rule: 'prod', truth: 'signed' },
  { name: `${moving.repository}:${moving.unsigned}`, rule: 'prod', truth: 'unsigned' },
];
