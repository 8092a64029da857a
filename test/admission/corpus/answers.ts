/** What is expected of an AdmissionReview or ImageReview. Digests go by the name of their image in world.ts. */
export interface ExpectedReview {
  /** Each refused image with its place and why, in the order of the message; none: allowed. */
  readonly refused?: readonly string[];
  /** The beginnings of the warnings. */
  readonly warnings?: readonly string[];
  readonly audit?: Readonly<Record<string, string>>;
  /** Image by JSON Pointer, after the patch. */
  readonly pinned?: Readonly<Record<string, string>>;
}

const reg = 'registry.example.com';
const allowed: ExpectedReview = {};

function refused(...images: readonly (readonly [place: string, image: string, why: string])[]): ExpectedReview {
  return { refused: images.map(([place, image, why]) => `${place}${place === '' ? '' : ': '}${image}: ${why}`) };
}

/** Of the pod's container `web`, where most stand. */
function webRefused(image: string, why: string): ExpectedReview {
  return refused([`container "web" (spec.containers[0].image)`, image, why]);
}

/** In a pod template. */
function templateRefused(container: string, path = 'spec.template.spec'): ExpectedReview {
  return refused([
    `container "${container}" (${path}.containers[0].image)`,
    `${reg}/prod/web@unsigned`,
    'denied NO_SIGNATURE',
  ]);
}

const noSignature = 'denied NO_SIGNATURE';
const notPinned = 'verified NOT_PINNED';
const unresolved = 'undecided UNRESOLVED';
const unreadable = 'undecided IMAGE_UNREADABLE';

/** POST /validate */
export const validateAnswers: Readonly<Record<string, ExpectedReview>> = {
  'pod-signed': { audit: { verdict: 'verified', verified: `${reg}/prod/web@web = web` } },
  'pod-signed-tag-and-digest': allowed,
  'pod-unsigned': webRefused(`${reg}/prod/web@unsigned`, noSignature),
  'pod-other-key': webRefused(`${reg}/prod/web@mallory`, 'denied NOT_TRUSTED'),
  'pod-by-tag': webRefused(`${reg}/prod/web:1.4`, notPinned),
  'pod-by-no-tag': webRefused(`${reg}/prod/web`, notPinned),
  'pod-by-tag-allowed': { audit: { verdict: 'verified', unpinned: `${reg}/tags/web:1.4` } },
  'pod-init-containers': refused([
    'init container "proxy" (spec.initContainers[1].image)',
    `${reg}/prod/proxy@unsigned`,
    noSignature,
  ]),
  'pod-image-volume-signed': allowed,
  'pod-image-volume-unsigned': refused([
    'volume "models" (spec.volumes[0].image.reference)',
    `${reg}/prod/models@unsigned`,
    noSignature,
  ]),
  'pod-image-volume-empty': allowed,
  'pod-generate-name': webRefused(`${reg}/prod/web@unsigned`, noSignature),
  'pod-index-signed': allowed,
  'pod-index-with-refused-child': webRefused(`${reg}/prod/web@badchild`, 'denied REFUSED_DIGEST'),
  'pod-refused-digest': webRefused(`${reg}/prod/web@refused`, 'denied REFUSED_DIGEST'),
  'pod-refused-digest-under-skip': webRefused(`${reg}/skip/web@refused`, 'denied REFUSED_DIGEST'),
  'pod-no-rule': webRefused('quay.io/other/web:1', 'denied NO_RULE'),
  'pod-short-name-signed': allowed,
  'pod-short-name-unsigned': webRefused('redis@unsigned', noSignature),
  'pod-tag-is-missing': webRefused(`${reg}/prod/web:gone`, unresolved),
  'pod-registry-down': webRefused(`${reg}/prod/web:down`, unresolved),
  // The policy refuses an image, and this might be it.
  'pod-registry-down-warn': webRefused(`${reg}/warn/web:down`, unresolved),
  'pod-bound-tag': allowed,
  'pod-bound-other-tag': webRefused(`${reg}/bound/web:bound-2@bound`, 'denied TAG_MISMATCH'),
  'pod-name-invalid': refused(['', 'spec.containers[0].image', unreadable]),
  'pod-image-empty': refused(['', 'spec.containers[0]', unreadable]),
  'pod-image-absent': refused(['', 'spec.containers[0]', unreadable]),
  'pod-image-variable': refused(['', 'spec.containers[0].image', unreadable]),
  'pod-windows': allowed,
  'pod-mirror': webRefused(`${reg}/prod/web@unsigned`, noSignature),
  'pod-warn-unsigned': {
    warnings: [`signet: denied (NO_SIGNATURE): container "web": ${reg}/warn/web@`],
    audit: {
      verdict: 'denied',
      images: `${reg}/warn/web@unsigned: denied NO_SIGNATURE, allowed by rule ${reg}/warn/**`,
    },
  },
  'pod-warn-by-tag': {
    warnings: [`signet: verified (NOT_PINNED): container "web": ${reg}/warn/web:1.4: `],
    audit: { verdict: 'verified', unpinned: `${reg}/warn/web:1.4` },
  },
  'pod-audit-unsigned': {
    audit: {
      verdict: 'denied',
      images: `${reg}/audit/web@unsigned: denied NO_SIGNATURE, allowed by rule ${reg}/audit/**`,
    },
  },
  'pod-skip': {
    audit: {
      verdict: 'undecided',
      images: `${reg}/skip/web@unsigned: undecided NOT_CHECKED, allowed by rule ${reg}/skip/**`,
    },
  },
  'pod-warn-and-refused': {
    ...webRefused(`${reg}/prod/web@unsigned`, noSignature),
    warnings: [`signet: denied (NO_SIGNATURE): container "log": ${reg}/warn/log@`],
  },
  'pod-many-images': refused(
    ['container "cache" (spec.containers[1].image)', 'redis@unsigned', noSignature],
    ['container "theirs" (spec.containers[4].image)', `${reg}/prod/web@mallory`, 'denied NOT_TRUSTED'],
    ['container "slow" (spec.containers[2].image)', `${reg}/prod/web:down`, unresolved],
    ['container "tag" (spec.containers[3].image)', `${reg}/prod/sidecar:2.0`, notPinned],
  ),
  'pod-same-image-twice': refused([
    'container "a" (spec.containers[0].image), container "b" (spec.containers[1].image)',
    `${reg}/prod/web@unsigned`,
    noSignature,
  ]),
  'pod-metadata-service': webRefused('169.254.169.254/anywhere/latest:meta-data', unresolved),
  'pod-loopback-registry': webRefused('localhost:5000/anywhere/web:1.4', unresolved),
  'pod-dry-run': webRefused(`${reg}/prod/web@unsigned`, noSignature),
  'pod-dry-run-signed': allowed,
  'deployment-signed': allowed,
  'deployment-unsigned': templateRefused('web'),
  'replicaset-unsigned': templateRefused('web'),
  'statefulset-unsigned': templateRefused('db'),
  'daemonset-unsigned': templateRefused('agent'),
  'job-unsigned': templateRefused('migrate'),
  'cronjob-unsigned': templateRefused('report', 'spec.jobTemplate.spec.template.spec'),
  'cronjob-signed': allowed,
  'replicationcontroller-unsigned': templateRefused('web'),
  'podtemplate-unsigned': templateRefused('web', 'template.spec'),
  'list-mixed': templateRefused('report', 'items[2].spec.jobTemplate.spec.template.spec'),
  'podlist-unsigned': templateRefused('web', 'items[1].spec'),
  'rollout-unsigned': templateRefused('web'),
  'knative-service-unsigned': templateRefused('user'),
  'tekton-task-unsigned': refused(
    ['container "push" (spec.steps[1].image)', `${reg}/prod/web@unsigned`, noSignature],
    ['container "dind" (spec.sidecars[0].image)', `${reg}/prod/dind@mallory`, 'denied NOT_TRUSTED'],
  ),
  'custom-by-path': refused(
    ['spec.image', `${reg}/prod/web@unsigned`, noSignature],
    ['spec.sidecars[1].image', `${reg}/prod/trace@unsigned`, noSignature],
  ),
  'custom-without-images': allowed,
  'custom-unknown-with-image': refused(['', 'spec.worker.image', unreadable]),
  'custom-unknown-without-image': allowed,
  service: allowed,
  'configmap-with-image-text': allowed,
  namespace: allowed,
  'pod-eviction': allowed,
  'pod-binding': allowed,
  'pod-delete': allowed,
  'pod-exec': allowed,
  'update-scale': allowed,
  'update-replicas': { audit: { unchanged: '1' } },
  'update-same-by-tag': refused([
    'container "web" (spec.template.spec.containers[0].image)',
    `${reg}/prod/web:1.4`,
    notPinned,
  ]),
  'update-to-unsigned': templateRefused('web'),
  'update-to-signed': allowed,
  'update-other-container': refused([
    'container "log" (spec.template.spec.containers[1].image)',
    `${reg}/prod/web@unsigned`,
    noSignature,
  ]),
  'update-init-takes-image-of-container': refused([
    'init container "web" (spec.template.spec.initContainers[0].image)',
    `${reg}/prod/web@unsigned`,
    noSignature,
  ]),
  'update-reordered': { audit: { unchanged: '2' } },
  'update-same-but-refused': refused([
    'container "web" (spec.template.spec.containers[0].image)',
    `${reg}/prod/web@refused`,
    'denied REFUSED_DIGEST',
  ]),
  'update-old-unreadable': templateRefused('web'),
  'update-image-volume': {
    ...refused(['volume "models" (spec.volumes[0].image.reference)', `${reg}/prod/models@unsigned`, noSignature]),
    audit: { unchanged: '1' },
  },
  'update-cronjob-suspended': allowed,
  'update-deleted-finalizer': { audit: { unchanged: '1' } },
  'update-deleted-refused': { audit: { unchanged: '1' } },
  'update-deleted-other-image': webRefused(`${reg}/prod/web@unsigned`, noSignature),
  'update-deleted-by-word-alone': webRefused(`${reg}/prod/web:1.4`, notPinned),
  'update-deleted-unknown-kind': allowed,
  'update-deleted-unknown-kind-changed': refused(['', 'spec.worker.image', unreadable]),
  'ephemeral-signed': { audit: { verdict: 'verified', unchanged: '1' } },
  'ephemeral-unsigned': refused([
    'ephemeral container "debugger" (spec.ephemeralContainers[0].image)',
    `${reg}/prod/debug@unsigned`,
    noSignature,
  ]),
  'ephemeral-by-tag': refused([
    'ephemeral container "debugger" (spec.ephemeralContainers[0].image)',
    'busybox',
    notPinned,
  ]),
  'pod-status': { audit: { unchanged: '1' } },
};

const pinnedWeb = `${reg}/prod/web:1.4@web`;
const webAt = '/spec/containers/0/image';
const inTemplate = '/spec/template/spec/containers';

/** POST /mutate */
export const mutateAnswers: Readonly<Record<string, ExpectedReview>> = {
  'pod-by-tag': { pinned: { [webAt]: pinnedWeb } },
  'pod-by-no-tag': { pinned: { [webAt]: `${reg}/prod/web@web` } },
  'pod-short-name': { pinned: { [webAt]: 'redis:1.4@web' } },
  'pod-pinned': allowed,
  'pod-every-place': {
    pinned: {
      '/spec/initContainers/0/image': `${reg}/prod/init:1.0@init`,
      [webAt]: pinnedWeb,
      '/spec/volumes/0/image/reference': `${reg}/prod/models:7@models`,
    },
  },
  'pod-same-image-twice': { pinned: { [webAt]: pinnedWeb, '/spec/containers/1/image': pinnedWeb } },
  'pod-index': { pinned: { [webAt]: `${reg}/prod/web:multi@multi` } },
  'pod-generate-name': { pinned: { [webAt]: pinnedWeb } },
  'pod-dry-run': { pinned: { [webAt]: pinnedWeb } },
  'pod-unsigned': webRefused(`${reg}/prod/web:unsigned`, noSignature),
  'pod-one-of-two-unsigned': refused([
    'container "log" (spec.containers[1].image)',
    `${reg}/prod/log:unsigned`,
    noSignature,
  ]),
  'pod-warn': {
    pinned: { [webAt]: `${reg}/warn/web:1.4@web` },
    warnings: [`signet: denied (NO_SIGNATURE): container "log": ${reg}/warn/log:unsigned: `],
  },
  'pod-skip': allowed,
  'pod-allowed-by-tag': { pinned: { [webAt]: `${reg}/tags/web:1.4@web` } },
  'pod-bound-tag': { pinned: { [webAt]: `${reg}/bound/web:bound-1@bound` } },
  'pod-bound-other-tag': webRefused(`${reg}/bound/web:bound-2`, 'denied TAG_MISMATCH'),
  'pod-registry-down': webRefused(`${reg}/prod/web:down`, unresolved),
  'pod-no-images-changed': { audit: { unchanged: '1' } },
  'deployment-by-tag': {
    pinned: { [`${inTemplate}/0/image`]: pinnedWeb, [`${inTemplate}/1/image`]: `${reg}/prod/sidecar:2.0@sidecar` },
  },
  'cronjob-by-tag': { pinned: { '/spec/jobTemplate/spec/template/spec/containers/0/image': pinnedWeb } },
  'podtemplate-by-tag': { pinned: { '/template/spec/containers/0/image': pinnedWeb } },
  'list-by-tag': {
    pinned: {
      [`/items/1${inTemplate}/0/image`]: pinnedWeb,
      [`/items/2${inTemplate}/0/image`]: `${reg}/prod/init:1.0@init`,
    },
  },
  'ephemeral-by-tag': { pinned: { '/spec/ephemeralContainers/0/image': `${reg}/prod/debug:0.1@debug` } },
  'update-one-of-two': { pinned: { [`${inTemplate}/0/image`]: pinnedWeb }, audit: { unchanged: '1' } },
  'tekton-task-by-tag': { pinned: { '/spec/steps/0/image': pinnedWeb } },
  'custom-by-path': {
    pinned: { '/spec/image': pinnedWeb, '/spec/sidecars/0/image': `${reg}/prod/sidecar:2.0@sidecar` },
  },
  'custom-odd-names': { pinned: { '/images~1by~0name/main': pinnedWeb } },
  'pod-delete': allowed,
};

/** POST /imagereview */
export const imageReviewAnswers: Readonly<Record<string, ExpectedReview>> = {
  signed: { audit: { verdict: 'verified', verified: `${reg}/prod/web@web = web` } },
  unsigned: refused(['', `${reg}/prod/web@unsigned`, noSignature]),
  'by-tag': refused(['', `${reg}/prod/web:1.4`, notPinned]),
  'by-tag-allowed': { audit: { unpinned: `${reg}/tags/web:1.4` } },
  'one-of-three': refused(['', `${reg}/prod/web@mallory`, 'denied NOT_TRUSTED']),
  warn: {
    audit: {
      verdict: 'denied',
      images: `${reg}/warn/web@unsigned: denied NO_SIGNATURE, allowed by rule ${reg}/warn/**`,
    },
  },
  'break-glass': refused(['', `${reg}/prod/web@unsigned`, noSignature]),
  'name-invalid': refused(['', 'Not An Image', unreadable]),
  'image-absent': refused(['', '""', unreadable]),
  'no-containers': allowed,
  'refused-digest': refused(['', `${reg}/prod/web@refused`, 'denied REFUSED_DIGEST']),
  'registry-down': refused(['', `${reg}/prod/web:down`, unresolved]),
};

/** POST /gatekeeper/verify, key by key: Ratify's `isSuccess` with the verdict and code, or the beginning of the error. */
export const gatekeeperVerifyAnswers: Readonly<Record<string, readonly string[]>> = {
  signed: ['true verified VERIFIED'],
  mixed: [
    'true verified VERIFIED',
    'false denied NO_SIGNATURE',
    'false denied NOT_TRUSTED',
    'false denied REFUSED_DIGEST',
  ],
  'by-tag': ['false verified NOT_PINNED', 'true verified VERIFIED'],
  lenient: ['true denied NO_SIGNATURE', 'true undecided NOT_CHECKED'],
  undecided: [
    `error ${reg}/prod/web:down: undecided (UNRESOLVED)`,
    `error ${reg}/prod/web:gone: undecided (UNRESOLVED)`,
  ],
  'name-invalid': ['error Not An Image: undecided (IMAGE_UNREADABLE)', 'error "": undecided (IMAGE_UNREADABLE)'],
  'no-rule': ['false denied NO_RULE'],
  'no-keys': [],
  twice: ['true verified VERIFIED', 'true verified VERIFIED'],
};

/** POST /gatekeeper/mutate, key by key: what the image becomes, or the beginning of the error. */
export const gatekeeperMutateAnswers: Readonly<Record<string, readonly string[]>> = {
  'by-tag': [pinnedWeb, 'redis:1.4@web', `${reg}/prod/web@web`],
  pinned: [`${reg}/prod/web@web`, pinnedWeb],
  mixed: [
    pinnedWeb,
    `error ${reg}/prod/web:unsigned: denied (NO_SIGNATURE)`,
    `error ${reg}/prod/web:down: undecided (UNRESOLVED)`,
  ],
  lenient: [`${reg}/warn/web:1.4@web`, `${reg}/warn/web:unsigned`, `${reg}/skip/web:unsigned`],
};
