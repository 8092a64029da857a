import { describe, expect, it } from 'vitest';
import {
  type ContainerdConfig,
  type ContainerdFacts,
  containerdFindings,
} from '../../../../packages/admission/src/index.ts';

const config: ContainerdConfig = {
  files: ['/etc/containerd/config.toml'],
  binDir: '/v',
  maxVerifiers: 10,
  perVerifierTimeoutMs: 10_000,
  disabledPlugins: [],
  cri: {
    max_concurrent_downloads: 3,
    disable_snapshot_annotations: true,
    registry: { config_path: '/certs', mirrors: {} },
  },
  socket: '/run/containerd/containerd.sock',
  socketGroup: 0,
  tcpAddress: '',
};
const gate = { name: 'signet', isExecutable: true, isGate: true };
const other = { name: 'other', isExecutable: true, isGate: false };
const closed: ContainerdFacts = {
  config,
  version: '2.1.9',
  startedAtMs: 2000,
  changedAtMs: 1000,
  verifiers: [gate],
  writable: [],
  gateProblems: [],
  gateTimeoutMs: 8000,
};

const found = (facts: Partial<ContainerdFacts>) =>
  containerdFindings({ ...closed, ...facts })
    .filter(({ state }) => state !== 'good')
    .map(({ state, code }) => `${state} ${code}`);
const withConfig = (changes: Partial<ContainerdConfig>) => found({ config: { ...config, ...changes } });
const always = 'note OTHER_CLIENTS';

describe('what is found about containerd', () => {
  it('is nothing but clients that never ask, where all is closed', () => {
    expect(found({})).toEqual([always]);
    expect(
      containerdFindings(closed)
        .filter(({ state }) => state === 'good')
        .map(({ code }) => code),
    ).toEqual(['CONFIG_READ', 'GATE_READY']);
  });

  it.each<readonly [string, Readonly<Record<string, unknown>>]>([
    ['use_local_image_pull', { use_local_image_pull: true }],
    ['registry.mirrors', { registry: { mirrors: { 'docker.io': {} } } }],
    ['registry.configs', { registry: { configs: { 'r.example': {} } } }],
    ['registry.auths', { registry: { auths: { 'https://r.example': {} } } }],
    ['discard_unpacked_layers', { discard_unpacked_layers: true }],
    ['max_concurrent_downloads', { max_concurrent_downloads: 5 }],
    ['max_concurrent_downloads', { max_concurrent_downloads: 0 }],
    ['image_pull_with_sync_fs', { image_pull_with_sync_fs: true }],
    ['disable_snapshot_annotations', { disable_snapshot_annotations: false }],
  ])('is a way past the gate where CRI has %s', (name, cri) => {
    expect(withConfig({ cri })).toEqual(['problem LOCAL_PULL', always]);
    const [problem] = containerdFindings({ ...closed, config: { ...config, cri } }).filter(
      ({ state }) => state === 'problem',
    );
    expect(problem?.text).toContain(name);
  });

  it('is none of these where they say what containerd does anyway', () => {
    const cri = {
      use_local_image_pull: false,
      discard_unpacked_layers: false,
      image_pull_with_sync_fs: false,
      registry: { auths: {} },
    };
    expect(withConfig({ cri })).toEqual([always]);
  });

  it.each<readonly [string, Partial<ContainerdFacts>, string]>([
    ['there is no folder of verifiers', { verifiers: undefined as never }, 'NO_VERIFIERS'],
    ['the folder is empty', { verifiers: [] }, 'NO_VERIFIERS'],
    ['none in it is the gate', { verifiers: [other] }, 'GATE_MISSING'],
    ['a verifier cannot be run', { verifiers: [{ ...gate, isExecutable: false }] }, 'GATE_BROKEN'],
    ['the gate cannot work', { gateProblems: ['its policy is broken'] }, 'GATE_BROKEN'],
    ['others can write the gate', { writable: ['/v/signet'] }, 'WRITABLE'],
    ['it was not restarted', { changedAtMs: 5000 }, 'CONFIG_NEWER'],
    ['it is of 2.0', { version: '2.0.5' }, 'ENGINE_OLD'],
    ['it is of 1.7', { version: '1.7.27' }, 'ENGINE_OLD'],
  ])('is a problem where %s', (_why, facts, code) => {
    const { verifiers: _, ...rest } = closed;
    const given = 'verifiers' in facts && facts.verifiers === undefined ? rest : { ...closed, ...facts };
    const problems = containerdFindings(given).filter(({ state }) => state === 'problem');
    expect(problems.map((each) => each.code)).toEqual([code]);
  });

  it('is a problem where the gate is not among those that are run', () => {
    const verifiers = [other, gate];
    expect(found({ verifiers, config: { ...config, maxVerifiers: 1 } })).toEqual(['problem GATE_SKIPPED', always]);
    expect(found({ config: { ...config, maxVerifiers: 0 } })).toEqual(['problem GATE_SKIPPED', always]);
    expect(found({ verifiers, config: { ...config, maxVerifiers: 2 } })).toEqual([always]);
    expect(found({ verifiers, config: { ...config, maxVerifiers: -1 } })).toEqual([always]);
  });

  it('is a problem where a plugin is off, and where it listens to others', () => {
    expect(withConfig({ disabledPlugins: ['io.containerd.image-verifier.v1.bindir'] })).toEqual([
      'problem PLUGIN_OFF',
      always,
    ]);
    expect(withConfig({ disabledPlugins: ['io.containerd.grpc.v1.cri'] })).toEqual([always]);
    expect(withConfig({ tcpAddress: '0.0.0.0:1' })).toEqual(['problem REMOTE_SOCKET', always]);
    expect(withConfig({ socketGroup: 7 })).toEqual(['note SHARED_SOCKET', always]);
  });

  it('is a note where it waits for less time than the gate takes, and where its version is not known', () => {
    expect(withConfig({ perVerifierTimeoutMs: 8000 })).toEqual(['note GATE_LATE', always]);
    const { version: _, ...unknown } = closed;
    expect(containerdFindings(unknown).map(({ code }) => code)).toContain('ENGINE_OLD');
    expect(found({ version: '2.2.0' })).toEqual([always]);
    expect(found({ version: '3.0.0' })).toEqual([always]);
  });
});
