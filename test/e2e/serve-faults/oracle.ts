import type { Answer, Endpoint, Said } from './ask.ts';
import type { Asked, Images } from './images.ts';
import type { PolicyVersion } from './policies.ts';

/** What could be so while a request was on its way. */
export interface Moment {
  readonly policies: readonly PolicyVersion[];
  /** Nothing troubled registry, server and policy all that time. */
  readonly isCalm: boolean;
  /** The registry may have said what is not so. */
  readonly isLiedTo: boolean;
  /** The server may have been gone. */
  readonly isDown: boolean;
  /** What the caller said that it waits. */
  readonly timeoutMs: number;
}

/** A request with what came of it. */
export interface Exchange {
  readonly endpoint: Endpoint;
  readonly images: readonly Asked[];
  readonly answer: Answer;
}

/** Everything about an answer that must never be; none for a good one. */
export function faultsOf(exchange: Exchange, moment: Moment, known: Images): readonly string[] {
  const { answer } = exchange;
  const { status, text, ms } = answer;
  if (status === 0 && moment.isDown) return [];
  if (status === 0) return [`no answer: ${text}`];
  if (status !== 200) return [`status ${status}: ${text.slice(0, 200)}`];
  const late = ms > moment.timeoutMs ? [`late: ${Math.round(ms)} ms of ${moment.timeoutMs}`] : [];
  return [
    ...late,
    ...wronglyAllowed(exchange, moment, known),
    ...wronglySaid(exchange, moment),
    ...notCalm(exchange, moment),
  ];
}

/** No policy that could be in force lets it pass, as things truly are. */
function wronglyAllowed(
  { endpoint, images, answer }: Exchange,
  { policies }: Moment,
  known: Images,
): readonly string[] {
  const faults = images.flatMap((image, at) => {
    const said = answer.said[at] ?? {};
    if (said.isAllowed !== true) return [];
    const isFine = policies.some((policy) => mayPass(image, said, { policy, endpoint, known }));
    return isFine ? [] : [`ALLOWED by ${names(policies)}: ${image.reference} ${JSON.stringify(said)}`];
  });
  const isTogether = endpoint === '/validate' || endpoint === '/mutate' || endpoint === '/imagereview';
  const byOne = (policy: PolicyVersion) =>
    images.every((image, at) => mayPass(image, answer.said[at] ?? {}, { policy, endpoint, known }));
  if (faults.length > 0 || !isTogether || !answer.isAllowed || policies.some(byOne)) return faults;
  return [`ALLOWED by parts of two policies: ${images.map(({ reference }) => reference).join(' ')}`];
}

interface Passing {
  readonly policy: PolicyVersion;
  readonly endpoint: Endpoint;
  readonly known: Images;
}

function mayPass(image: Asked, said: Said, { policy, endpoint, known }: Passing): boolean {
  if (policy.refuses && image.truth === 'refused') return false;
  switch (policy.modeOf(image.rule)) {
    case 'none':
      return false;
    case 'skip':
    case 'warn':
      return true;
    case 'enforce':
      return (
        policy.isMet(image.rule) && (image.isPinned ? isSigned(image) : pins(endpoint) && isRight(image, said, known))
      );
  }
}

/** Whether the answer can name the digest that is to be deployed. */
export function pins(endpoint: Endpoint): boolean {
  return endpoint === '/mutate' || endpoint === '/gatekeeper/mutate' || endpoint === '/v1/verify';
}

function isSigned({ truth }: Asked): boolean {
  return truth === 'signed' || truth === 'refused';
}

/** A tag may pass with a digest that was signed; where tags are bound, for that tag. */
function isRight({ rule, reference }: Asked, { digest }: Said, known: Images): boolean {
  if (digest === undefined) return false;
  return rule === 'bound' ? known.bound.get(reference) === digest : known.signed.has(digest);
}

/** "Could not look" is not "unsigned", nor is a warning left out. */
function wronglySaid({ images, answer, endpoint }: Exchange, { policies, isLiedTo }: Moment): readonly string[] {
  return images.flatMap((image, at) => {
    const { verdict, warned, isAllowed } = answer.said[at] ?? {};
    const isGood = isSigned(image) && policies.every(({ refuses, isMet }) => !refuses && isMet(image.rule));
    if (isGood && !isLiedTo && (verdict === 'denied' || warned === 'denied'))
      return [`said to be denied: ${image.reference}: ${answer.text.slice(0, 1000)}`];
    const isReview = endpoint === '/validate' || endpoint === '/mutate';
    const isWarned =
      policies.every((policy) => policy.modeOf(image.rule) === 'warn') && !isSigned(image) && image.truth !== 'moving';
    if (isReview && isAllowed === true && isWarned && warned === undefined)
      return [`allowed without a warning: ${image.reference}`];
    return [];
  });
}

/** Where nothing is wrong, everything is answered, and rightly. */
function notCalm({ images, answer, endpoint }: Exchange, { policies, isCalm }: Moment): readonly string[] {
  const [policy] = policies;
  if (!isCalm || policies.length !== 1 || policy === undefined) return [];
  const expected = images.map((image) => expectation(image, policy, endpoint));
  if (expected.includes(undefined)) return [];
  const wanted = expected.every(Boolean);
  if (answer.isAllowed !== wanted)
    return [
      `${wanted ? 'refused' : 'allowed'} in a calm moment: ${images.map(({ reference }) => reference).join(' ')}: ${answer.text.slice(0, 1000)}`,
    ];
  const undecided = images.filter((_, at) => answer.said[at]?.verdict === 'undecided' && images[at]?.rule !== 'free');
  return undecided.map(({ reference }) => `undecided in a calm moment: ${reference}: ${answer.text.slice(0, 1000)}`);
}

/** Whether it is to be allowed; undefined where that cannot be said. */
function expectation(image: Asked, policy: PolicyVersion, endpoint: Endpoint): boolean | undefined {
  if (image.truth === 'moving') return undefined;
  if (policy.refuses && image.truth === 'refused') return false;
  const mode = policy.modeOf(image.rule);
  if (mode !== 'enforce') return mode !== 'none';
  return policy.isMet(image.rule) && isSigned(image) && (image.isPinned || pins(endpoint));
}

function names(policies: readonly PolicyVersion[]): string {
  return policies.map(({ name }) => name).join(', ');
}
