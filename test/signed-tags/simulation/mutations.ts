import type { Mutation } from './mutate.ts';

const run = 'signed-tags/src/publish/run.ts';
const judgeTag = 'signed-tags/src/client/judge-tag.ts';
const content = 'signed-tags/src/catalogue/content.ts';

/** What would break the promises of signed tags; each has to be noticed. Beside each what it is that goes wrong. */
export const mutations: readonly Mutation[] = [
  {
    // A writer that dies in between has shown what nobody recorded.
    name: 'head before journal',
    changes: [
      {
        file: run,
        from: '  await record(run);\n  await putHead(run, base, next);\n',
        to: '  await putHead(run, base, next);\n  await record(run);\n',
      },
    ],
  },
  {
    // It is not seen that another has overwritten the head.
    name: 'no settle',
    changes: [
      {
        file: run,
        from: '  run.isOwn = true;\n  const { minSettleMs',
        to: '  run.isOwn = true;\n  if (run.isOwn) return await finish(run, base, work);\n  const { minSettleMs',
      },
    ],
  },
  {
    name: 'merge by file time alone',
    changes: [
      {
        file: 'signed-tags/src/catalogue/merge.ts',
        from: 'mergeStates(stateOf(one, tag), stateOf(other, tag))',
        to: 'other.tags.get(tag) ?? stateOf(one, tag)',
      },
    ],
  },
  {
    // It comes back after the journal was cleaned, and what was acknowledged since is nowhere.
    name: 'an older export imported over a newer head',
    changes: [
      {
        file: 'signed-tags/src/carry/holds.ts',
        from: '  if (there.catalogue.issuedMs >= issuedMs)\n',
        to: '  if (there.catalogue.issuedMs > 0) return;\n  if (there.catalogue.issuedMs >= issuedMs)\n',
      },
    ],
  },
  {
    name: 'seen off',
    changes: [
      {
        file: judgeTag,
        from: 'if (own !== undefined && (bound === undefined || compareItems(own.item, bound.item) >= 0)) return own;',
        to: 'if (own !== undefined) return own;',
      },
    ],
  },
  {
    name: 'floor off',
    changes: [
      {
        file: 'signed-tags/src/catalogue/age.ts',
        from: 'gone.reduce((most, each) => Math.max(most, each), before)',
        to: 'before + 0 * gone.length',
      },
    ],
  },
  {
    // A writer that stood still for hours puts an old head back, after the journal was cleaned.
    name: 'no 30-second limit, no merge of the own state',
    changes: [
      { file: 'signed-tags/src/head/write-head.ts', from: 'ageMs > limits.readToWriteMs', to: 'ageMs < 0' },
      {
        file: run,
        from: '  run.recollection = mergeRecollections(run.recollection, recollectionOf(base, run.shards));\n',
        to: '',
      },
      {
        file: 'signed-tags/src/publish/recollection.ts',
        from: '  if (state === undefined) return nothingKnown;\n',
        to: '  if (state === undefined || nowMs > 0) return { ...nothingKnown, isWarm: true };\n',
      },
    ],
  },
  {
    name: 'at is the least of all listed',
    changes: [
      {
        file: 'signed-tags/src/statements/judge.ts',
        from: '    .toSorted((a, b) => b - a)\n    .find((atMs) => decideSince',
        to: '    .toSorted((a, b) => a - b)\n    .find((atMs) => decideSince',
      },
    ],
  },
  {
    // What was the greater becomes the lesser once another statement joins it.
    name: 'ties broken by a hash of the whole item',
    changes: [
      {
        file: content,
        from: "import type { Digest } from '@signet/oci';",
        to: "import { type Digest, digestOf } from '@signet/oci';",
      },
      {
        file: content,
        from: '  return one.digest < other.digest ? -1 : Number(one.digest > other.digest);',
        to: [
          '  const [a, b] = [one, other].map(({ digest, statements }) =>',
          "    digestOf(Buffer.from(JSON.stringify([digest, statements.map((s) => Buffer.from(s.bytes).toString('hex'))]))));",
          "  return (a ?? '') < (b ?? '') ? -1 : Number((a ?? '') > (b ?? ''));",
        ].join('\n'),
      },
    ],
  },
  {
    name: 'items dropped whose signer left the policy',
    changes: [
      {
        file: 'signed-tags/src/publish/new-file.ts',
        from: 'for (const entry of state.entries) entries.push(',
        to: 'for (const entry of state.entries) if (await judge.meetsRule(tag, entry)) entries.push(',
      },
    ],
  },
  {
    name: 'was not judged',
    changes: [
      {
        file: judgeTag,
        from: 'Promise.all([judgeListed(entry, asked), judgeEntry(successor, asked)])',
        to: 'Promise.all([judgeListed(current, asked), judgeEntry(current, asked)])',
      },
    ],
  },
  {
    name: 'stored state answers without a check',
    changes: [
      {
        file: judgeTag,
        from: 'const judged = await judgeListed(item.entry, asked);',
        to: [
          'const isStored = !line.isOfFile || asked.facts.source === "cache";',
          '  const unchecked = async () => ({ ...(await judgeEntry(item.entry, asked)), verdict: "verified" }) as Decision;',
          '  const judged = await (isStored ? unchecked() : judgeListed(item.entry, asked));',
        ].join('\n'),
      },
    ],
  },
  {
    name: 'revocations kept after the key was replaced',
    changes: [
      {
        file: 'signed-tags/src/state/trusted-state.ts',
        from: '.filter(([, revoked]) => isVouched(revoked, trusted))',
        to: '.filter(([, revoked]) => isVouched(revoked, trusted) || revoked.atMs > 0)',
      },
    ],
  },
];
