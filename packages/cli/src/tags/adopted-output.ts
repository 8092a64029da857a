import { escapeForTerminal } from '@signet/verifier';
import type { Style } from '../style.ts';
import type { AdoptableTag, Adoption } from './adopt-tags.ts';

const words: Readonly<Record<Adoption, { readonly paint: 'good' | 'bad' | 'doubt'; readonly why?: string }>> = {
  accepted: { paint: 'good' },
  there: { paint: 'good', why: 'the catalogue says the same' },
  differs: { paint: 'bad', why: 'the catalogue says that the tag is something else' },
  denied: { paint: 'bad' },
  undecided: { paint: 'doubt' },
};

/** The table of `signet tags init --adopt`: a tag a line, with why not. */
export function adoptableText(judged: readonly AdoptableTag[], style: Style): string {
  if (judged.length === 0) return 'no tag to adopt\n';
  const width = Math.max(...judged.map(({ tag }) => tag.length));
  return judged
    .map(({ tag, digest, adoption, report }) => {
      const why = words[adoption].why ?? report.summary;
      const word = style[words[adoption].paint](adoption === 'there' ? 'there already' : adoption);
      return `  ${tag.padEnd(width)}  ${digest ?? 'not read'}  ${word}  ${escapeForTerminal(why)}\n`;
    })
    .join('');
}

/** For programs. */
export function adoptableJson(judged: readonly AdoptableTag[]): readonly object[] {
  return judged.map(({ tag, digest, adoption, report: { verdict, code, summary } }) => ({
    tag,
    digest,
    adoption,
    verdict,
    code,
    summary,
  }));
}
