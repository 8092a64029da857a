import { type Descriptor, forEachSideBySide, type Resolved } from '@signet/oci';
import { startClock } from './clock.ts';
import { limitGap, toGap } from './collect/gaps.ts';
import { decide } from './decision/decide.ts';
import { refusalOf } from './decision/refusal.ts';
import { type Asked, type Evidence, type Gap, noEvidence } from './evidence.ts';
import { verifyLimits } from './limits.ts';
import { childrenOf, formatPlatform, platformsOf } from './platform.ts';
import type { Ruling } from './policy/ruling.ts';
import { type PlatformAnswer, type Report, toReport } from './report/report.ts';
import { type Verifying, verifyOne } from './verify-one.ts';

/** More platforms than this are not looked at: an index can name thousands. */
const maxPlatforms = 64;
/** Verified side by side. */
const concurrency = 8;

/**
 * `platforms: each`: every image of an index satisfies the rule by itself. The worst answer is the answer, and its report the report.
 * What is no index, or one without images, is verified itself. Rule: design.md 6.
 */
export async function verifyEachPlatform(asked: Asked, ruling: Ruling, using: Verifying): Promise<Report> {
  const limits = verifyLimits(using.limits);
  const clock = startClock(limits.totalMs, using.signal);
  try {
    const timed = { ...using, signal: clock.signal };
    const resolved = await resolveAsked(asked, timed, limits.maxManifestBytes);
    if ('code' in resolved) return reportOf(ruling, noEvidence(asked, { gaps: [resolved] }));
    const pinned = { ...asked, digest: resolved.descriptor.digest };
    const images = platformsOf(resolved) ?? [];
    if (images.length === 0) return await verifyOne(pinned, ruling, timed);
    const evidence = evidenceOf(asked, resolved);
    if (refusalOf(ruling.refuse, evidence, []) === 'digest') return reportOf(ruling, evidence);
    if (images.length > maxPlatforms) {
      const gap = limitGap(`the index has ${images.length} images (at most ${maxPlatforms} are looked at)`);
      return reportOf(ruling, { ...evidence, gaps: [gap] });
    }
    const reports: ImageReport[] = [];
    await forEachSideBySide([...images.entries()], concurrency, async ([at, image]) => {
      reports[at] = { image, report: await verifyOne({ ...asked, digest: image.digest }, ruling, timed) };
    });
    return worstOf(reports, resolved);
  } finally {
    clock.stop();
  }
}

async function resolveAsked(asked: Asked, using: Verifying, maxBytes: number): Promise<Resolved | Gap> {
  const { source, resolve, signal = new AbortController().signal } = using;
  const options = { signal, maxBytes };
  try {
    if (asked.digest !== undefined) return await source.resolve(asked.digest, options);
    const tag = asked.tag ?? 'latest';
    return await (resolve === undefined ? source.resolve(tag, options) : resolve(tag, source, options));
  } catch (error) {
    return toGap(signal.aborted ? 'time' : 'resolve', signal.aborted ? signal.reason : error);
  }
}

function evidenceOf(asked: Asked, resolved: Resolved): Evidence {
  const { descriptor } = resolved;
  const children = childrenOf(resolved);
  const subject = { digest: descriptor.digest, descriptor, ...(children === undefined ? {} : { children }) };
  return noEvidence(asked, { subject });
}

function reportOf(ruling: Ruling, evidence: Evidence): Report {
  return toReport({ ruling, evidence, decision: decide(ruling, evidence, []) });
}

interface ImageReport {
  readonly image: Descriptor;
  readonly report: Report;
}

/** A no is certain whatever the others are; then what could not be decided. */
const order = ['denied', 'undecided', 'verified'] as const;

function worstOf(reports: readonly ImageReport[], { descriptor }: Resolved): Report {
  const rank = ({ report }: ImageReport) => order.indexOf(report.verdict);
  const { report, image } = reports.reduce((worst, each) => (rank(each) < rank(worst) ? each : worst));
  const platforms = reports.map(answerOf);
  const summary =
    report.verdict === 'verified'
      ? `each of ${reports.length} platforms: ${report.summary}`
      : `${nameOf(image)}: ${report.summary}`;
  return { ...report, digest: descriptor.digest, mediaType: descriptor.mediaType, summary, platforms };
}

function answerOf({ image, report }: ImageReport): PlatformAnswer {
  const { verdict, code, summary } = report;
  return { platform: nameOf(image), digest: image.digest, verdict, code, summary };
}

function nameOf({ platform, digest }: Descriptor): string {
  return platform === undefined ? digest : formatPlatform(platform);
}
