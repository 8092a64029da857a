// Not in npm run check: it runs the real helm.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CelInput, run } from '@bufbuild/cel';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { expiryMetrics } from '../../packages/cli/src/tags/expiry-metrics.ts';
import { knownKinds } from '../../packages/workloads/src/kubernetes/kinds.ts';
import { root } from '../../scripts/project.ts';
import { createCliWorld, makeKey } from '../e2e/cli-world.ts';
import { signet } from '../support/cli.ts';
import { itWithPeers } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';
import { schemaFault } from './kubernetes-schemas.ts';
import { chart, helm, type KubeObject, oneOf, render } from './rendered.ts';

const cases: readonly string[] = readdirSync(join(chart, 'ci')).sort();
const digest = 'sha256:1111111111111111111111111111111111111111111111111111111111111111';
const itWithHelm = (title: string, fn: () => Promise<void>) => itWithPeers(['helm'], title, fn);
const container = (objects: readonly KubeObject[]) => oneOf(objects, 'Deployment').spec.template.spec.containers[0];
const kindsOf = (objects: readonly KubeObject[]) => objects.map(({ kind }) => kind);

describe('the chart', () => {
  for (const values of cases) {
    itWithHelm(`${values}: helm lint has nothing to say, and every object is valid by its schema`, async () => {
      const lint = await helm('lint', '--strict', chart, '-f', join(chart, 'ci', values));
      expect(lint.code, lint.stdout).toBe(0);
      const objects = await render(values);
      // Gatekeeper's CRD has no published schema: its fields are looked at below.
      const own = objects.filter(({ kind }) => kind !== 'Provider');
      const faults = await Promise.all(
        own.map(async (each) => `${each.kind}: ${(await schemaFault(each)) ?? 'valid'}`),
      );
      expect(faults.filter((fault) => !fault.endsWith(': valid'))).toEqual([]);
    });
  }

  itWithHelm('the schemas do refuse: a field that is none, a value of another type', async () => {
    const deployment = oneOf(await render('cert-manager.yaml'), 'Deployment');
    const broken = (spec: object): KubeObject => ({ ...deployment, spec: { ...deployment.spec, ...spec } });
    expect(await schemaFault(broken({ replicas: 'two' }))).toMatch(/replicas/);
    expect(await schemaFault(broken({ selector: undefined }))).toMatch(/selector/);
  });

  itWithHelm('the pod is confined', async () => {
    const { spec } = oneOf(await render('cert-manager.yaml'), 'Deployment').spec.template;
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(spec.containers).toMatchObject([
      {
        image: `registry.example.com/signet/signet@${digest}`,
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
      },
    ]);
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
      expect(spec.containers[0][probe].httpGet).toMatchObject({ port: 'https', scheme: 'HTTPS' });
    expect(spec.topologySpreadConstraints).toHaveLength(2);
  });

  itWithHelm('one replica has no disruption budget, which would keep its node from being drained', async () => {
    expect(kindsOf(await render('existing-secret.yaml'))).not.toContain('PodDisruptionBudget');
    expect(oneOf(await render('cert-manager.yaml'), 'PodDisruptionBudget').spec.minAvailable).toBe(1);
  });

  itWithHelm('the arguments are ones that signet serve has', async () => {
    const { args } = container(await render('issuer.yaml'));
    const { stdout } = await signet(['serve', '--help']);
    const known = new Set(stdout.match(/--[a-z-]+/g));
    expect(args[0]).toBe('serve');
    const flags: readonly string[] = args.slice(1).map((arg: string) => arg.split('=')[0]);
    expect(flags.filter((flag) => !known.has(flag))).toEqual([]);
    expect(flags).toEqual(
      expect.arrayContaining([
        '--token-file',
        '--registry-config',
        '--ca-file',
        '--client-ca',
        '--require-client-cert',
        '--image-path',
      ]),
    );
  });

  itWithHelm('what is remembered of signed tags lies in the pod, or in the volume that is given', async () => {
    const stateOf = (objects: readonly KubeObject[]) =>
      oneOf(objects, 'Deployment').spec.template.spec.volumes.find(({ name }: { name: string }) => name === 'state');
    const objects = await render('cert-manager.yaml');
    expect(container(objects).args).toContain('--state=/var/lib/signet/tags');
    expect(container(objects).volumeMounts).toContainEqual({ name: 'state', mountPath: '/var/lib/signet' });
    expect(stateOf(objects)).toEqual({ name: 'state', emptyDir: { sizeLimit: '256Mi' } });
    expect(stateOf(await render('issuer.yaml'))).toEqual({
      name: 'state',
      persistentVolumeClaim: { claimName: 'signet-state' },
    });
  });

  itWithHelm('every file that an argument names lies in a volume that is mounted', async () => {
    for (const values of cases) {
      const objects = await render(values);
      const { spec } = oneOf(objects, 'Deployment').spec.template;
      const { args, volumeMounts } = spec.containers[0];
      const files = args.flatMap((arg: string) => /=(\/etc\/.*)\/[^/]+$/.exec(arg)?.[1] ?? []);
      const mounts = volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath);
      expect(mounts, values).toEqual(expect.arrayContaining(files));
      const names = (list: readonly { name: string }[]) => list.map(({ name }) => name).sort();
      expect(names(volumeMounts), values).toEqual(names(spec.volumes));
    }
  });
});

describe('the webhooks', () => {
  const kinds = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'] as const;

  for (const kind of kinds) {
    itWithHelm(`${kind}: fails closed, for everybody but namespaces of the closed list`, async () => {
      const objects = await render(
        'cert-manager.yaml',
        '--set',
        'webhooks.exemptNamespaces={kube-system,gatekeeper-system}',
      );
      const [webhook, ...more] = oneOf(objects, kind).webhooks;
      expect(more).toEqual([]);
      expect(webhook).toMatchObject({
        failurePolicy: 'Fail',
        matchPolicy: 'Equivalent',
        sideEffects: 'None',
        timeoutSeconds: 10,
        admissionReviewVersions: ['v1'],
        clientConfig: { service: { name: 'signet', namespace: 'signet', port: 443 } },
      });
      expect(webhook.namespaceSelector).toEqual({
        matchExpressions: [
          {
            key: 'kubernetes.io/metadata.name',
            operator: 'NotIn',
            values: ['signet', 'kube-system', 'gatekeeper-system'],
          },
        ],
      });
      expect(webhook).not.toHaveProperty('objectSelector');
      expect(webhook.matchConditions).toHaveLength(1);
    });

    itWithHelm(
      `${kind}: asks about every kind whose images are read, when it is made and when it changes`,
      async () => {
        const [{ rules }] = oneOf(await render('cert-manager.yaml'), kind).webhooks;
        const asked = new Set(
          rules.flatMap((rule: Rule) =>
            rule.operations.join() === 'CREATE,UPDATE' && rule.apiVersions.join() === '*'
              ? rule.apiGroups.flatMap((group) => rule.resources.map((resource) => `${group}/${resource}`))
              : [],
          ),
        );
        // EphemeralContainers is what the sub-resource of pods took, which is asked for below.
        const own = knownKinds.filter(({ kind }) => kind !== 'EphemeralContainers');
        const wanted = own.map(({ group, kind }) => `${group}/${pluralOf(kind)}`);
        expect([...wanted, '/pods/ephemeralcontainers'].filter((each) => !asked.has(each))).toEqual([]);
        const clusterWide = rules.filter((rule: Rule) => rule.scope === '*').flatMap((rule: Rule) => rule.resources);
        expect(clusterWide).toEqual(expect.arrayContaining(['clusterworkflowtemplates', 'clustertasks']));
      },
    );
  }

  const deleted = { name: 'web', deletionTimestamp: '2026-11-02T09:00:12Z' };
  const podOf = (
    metadata: Readonly<Record<string, CelInput>>,
    image = 'web:1',
    more: Readonly<Record<string, CelInput>> = {},
  ): CelInput => ({ metadata, spec: { containers: [{ name: 'web', image }] }, ...more });
  itWithHelm('are asked about all but the end of a deletion', async () => {
    const [{ matchConditions }] = oneOf(await render('cert-manager.yaml'), kinds[0]).webhooks;
    const asks = (operation: string, object: CelInput, oldObject: CelInput) =>
      run(matchConditions[0].expression, { request: { operation }, object, oldObject });
    expect(asks('CREATE', podOf({ name: 'web' }), null)).toBe(true);
    expect(asks('UPDATE', podOf({ name: 'web' }), podOf({ name: 'web' }))).toBe(true);
    const bound = podOf({ ...deleted, finalizers: ['example.org/x'] }, 'web:1', { status: { phase: 'Running' } });
    expect(asks('UPDATE', podOf(deleted, 'web:1', { status: {} }), bound)).toBe(false);
    expect(asks('UPDATE', podOf(deleted, 'web:2'), bound)).toBe(true);
    expect(asks('UPDATE', podOf(deleted, 'web:1', { extra: 1 }), bound)).toBe(true);
    // What somebody sends says nothing: Kubernetes does not delete it.
    expect(asks('UPDATE', podOf(deleted), podOf({ name: 'web' }))).toBe(true);
  });

  itWithHelm('only the mutating one is asked again', async () => {
    const objects = await render('cert-manager.yaml');
    expect(oneOf(objects, kinds[1]).webhooks[0].reinvocationPolicy).toBe('IfNeeded');
    expect(oneOf(objects, kinds[0]).webhooks[0]).not.toHaveProperty('reinvocationPolicy');
    expect(kinds.map((kind) => oneOf(objects, kind).webhooks[0].clientConfig.service.path)).toEqual([
      '/validate',
      '/mutate',
    ]);
  });

  itWithHelm('Gatekeeper alone: no webhooks, and a provider for each of the two questions', async () => {
    const objects = await render('gatekeeper-only.yaml');
    expect(kindsOf(objects).filter((kind) => kind.endsWith('WebhookConfiguration'))).toEqual([]);
    expect(objects.filter(({ kind }) => kind === 'Provider')).toMatchObject([
      { metadata: { name: 'signet' }, spec: { url: 'https://signet.signet.svc:443/gatekeeper/verify', timeout: 3 } },
      { metadata: { name: 'signet-mutate' }, spec: { url: 'https://signet.signet.svc:443/gatekeeper/mutate' } },
    ]);
  });
});

describe('certificates', () => {
  itWithHelm('cert-manager: its own CA, which the webhooks get', async () => {
    const objects = await render('cert-manager.yaml');
    const names = objects
      .filter(({ kind }) => ['Issuer', 'Certificate'].includes(kind))
      .map(({ metadata }) => metadata.name);
    expect(names.sort()).toEqual(['signet', 'signet', 'signet-bootstrap', 'signet-ca']);
    for (const kind of ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'])
      expect(oneOf(objects, kind).metadata).toMatchObject({
        annotations: { 'cert-manager.io/inject-ca-from': 'signet/signet' },
      });
  });

  itWithHelm('cert-manager: an issuer of the cluster', async () => {
    const objects = await render('issuer.yaml');
    expect(kindsOf(objects)).not.toContain('Issuer');
    expect(oneOf(objects, 'Certificate').spec).toMatchObject({
      issuerRef: { name: 'corporate', kind: 'ClusterIssuer' },
      dnsNames: ['signet.signet.svc', 'signet.signet.svc.cluster.local'],
    });
  });

  itWithHelm('generated: webhooks, provider and server have one CA', async () => {
    const objects = await render('generated.yaml');
    const { data } = oneOf(objects, 'Secret');
    const bundles = objects.flatMap((each) => [
      ...(each.webhooks ?? []).map((webhook: { clientConfig: { caBundle: string } }) => webhook.clientConfig.caBundle),
      ...(each.kind === 'Provider' ? [each.spec.caBundle] : []),
    ]);
    expect(bundles).toEqual([data['ca.crt'], data['ca.crt'], data['ca.crt'], data['ca.crt']].slice(0, bundles.length));
    expect(bundles).toHaveLength(4);
  });

  itWithHelm('existing secret: its CA as it was given, and no key in the release', async () => {
    const objects = await render('existing-secret.yaml');
    expect(kindsOf(objects)).not.toContain('Secret');
    expect(oneOf(objects, 'ValidatingWebhookConfiguration').webhooks[0].clientConfig.caBundle).toBe('LS0tLS1CRUdJTg==');
  });
});

describe('the publisher of signed tags', () => {
  const jobOf = (objects: readonly KubeObject[]) => oneOf(objects, 'CronJob').spec.jobTemplate.spec.template;

  itWithHelm('is off by default, and no half of it is taken', async () => {
    expect(kindsOf(await render('cert-manager.yaml'))).not.toContain('CronJob');
    const wanted = {
      'catalogueKey.existingSecret=': 'publisher.catalogueKey.existingSecret',
      'state.existingClaim=': 'publisher.state.existingClaim',
      'repositories=null,publisher.namespace=': 'publisher.repositories or publisher.namespace',
    };
    for (const [without, message] of Object.entries(wanted)) {
      const values = ['-f', join(chart, 'ci', 'publisher.yaml'), '--set', `publisher.${without}`];
      const refused = await helm('template', 'signet', chart, '-n', 'signet', ...values);
      expect(refused.code, without).not.toBe(0);
      expect(refused.stderr).toContain(message);
    }
  });

  itWithHelm('is confined as the server is, one at a time, asked by nobody, and no pod of the service', async () => {
    const objects = await render('publisher.yaml');
    expect(oneOf(objects, 'CronJob').spec).toMatchObject({ concurrencyPolicy: 'Forbid', schedule: '17 */6 * * *' });
    const server = oneOf(objects, 'Deployment').spec.template.spec;
    const { spec, metadata } = jobOf(objects);
    expect(spec.securityContext).toEqual(server.securityContext);
    expect(spec.containers[0].securityContext).toEqual(server.containers[0].securityContext);
    expect(spec).toMatchObject({ automountServiceAccountToken: false, restartPolicy: 'Never' });
    const { selector } = oneOf(objects, 'Service').spec;
    expect(metadata.labels).not.toMatchObject(selector);
    const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy');
    const own = policies.find(
      ({ spec: { podSelector } }) => podSelector.matchLabels['app.kubernetes.io/name'] !== 'signet',
    );
    expect(own?.spec.podSelector.matchLabels).toEqual(metadata.labels);
    expect(own?.spec).not.toHaveProperty('ingress');
    expect(own?.spec.policyTypes).toEqual(['Ingress', 'Egress']);
  });

  itWithHelm('every file that an argument names lies in a volume that is mounted', async () => {
    const { spec } = jobOf(await render('publisher.yaml'));
    const { args, volumeMounts } = spec.containers[0];
    const files = args.flatMap((arg: string) => /=(\/etc\/.*)\/[^/]+$/.exec(arg)?.[1] ?? []);
    const names = (list: readonly { name: string }[]) => list.map(({ name }) => name).sort();
    expect(volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath)).toEqual(
      expect.arrayContaining(files),
    );
    expect(names(volumeMounts)).toEqual(names(spec.volumes));
  });

  itWithHelm('signs a catalogue anew, and publishes what was recorded, with these very arguments', async () => {
    const world = await createCliWorld();
    try {
      const dir = tempDir();
      const mounted = (path: string): string => path.replaceAll(/\/(?:etc|var\/lib)\/signet\//g, `${dir}/`);
      for (const folder of ['policy', 'catalogue', 'registry']) mkdirSync(join(dir, folder));
      await makeKey(join(dir, 'catalogue/catalogue'));
      copyFileSync(join(dir, 'catalogue/catalogue.pub'), join(dir, 'policy/publisher.pub'));
      copyFileSync(world.pub, join(dir, 'policy/release.pub'));
      writeFileSync(join(dir, 'policy/policy.yaml'), trustedPolicy(world.host));
      writeFileSync(join(dir, 'registry/config.json'), '{}');
      const repository = `${world.host}/shop/api`;
      const set = ['--set', `publisher.repositories={${repository}},publisher.namespace=,publisher.settle=1ms`];
      const off = ['--set', 'publisher.catalogueKey.password=false,registryCa.existingConfigMap='];
      const { args } = jobOf(await render('publisher.yaml', ...set, ...off)).spec.containers[0];
      const state = ['--policy', join(dir, 'policy/policy.yaml'), '--state', mounted('/var/lib/signet/tags')];
      const begun = await signet([
        'tags',
        'init',
        repository,
        '--catalogue-key',
        join(dir, 'catalogue/catalogue.key'),
        ...state,
      ]);
      expect(begun.code, begun.stderr).toBe(0);
      const reference = await world.push('shop/api:1');
      const elsewhere = ['--policy', join(dir, 'policy/policy.yaml'), '--state', join(dir, 'elsewhere')];
      const staged = await signet(['sign', '--stage', '--key', world.key, ...elsewhere, reference]);
      expect(staged.code, staged.stderr).toBe(0);
      expect((await signet(['resolve', ...elsewhere, reference])).code).toBe(1);
      const done = await signet(args.map(mounted));
      expect(done.code, done.stderr).toBe(0);
      expect((await signet(['resolve', ...elsewhere, reference])).code).toBe(0);
    } finally {
      await world.server.stop('SIGKILL');
    }
  });

  itWithHelm('alerts are those of the file, with their texts as Prometheus fills them in', async () => {
    const { spec } = oneOf(await render('publisher.yaml'), 'PrometheusRule');
    const text = readFileSync(join(chart, 'alerts.yaml'), 'utf8');
    expect(spec).toEqual(parse(text));
    const named = new Set(text.match(/\bsignet_[a-z_]+/g));
    const told = readFileSync(join(root, 'docs/admission.md'), 'utf8') + expiryMetrics([]);
    expect([...named].filter((name) => !told.includes(name))).toEqual([]);
  });
});

const trustedPolicy = (host: string): string => `version: 1
trust: { release: { keys: [release.pub] }, publisher: { keys: [publisher.pub] } }
catalogues: { shop: { collections: "${host}/shop/**", signedBy: publisher } }
rules: [{ images: ["${host}/shop/**"], require: release, tag: trusted, catalogue: shop }]
`;

describe('pull secrets', () => {
  itWithHelm('off: the server may nothing, and its pods have no token', async () => {
    const objects = await render('cert-manager.yaml');
    expect(kindsOf(objects).filter((kind) => /Role/.test(kind))).toEqual([]);
    expect(JSON.stringify(oneOf(objects, 'Deployment'))).not.toContain('serviceAccountToken');
  });

  itWithHelm('on: it may get secrets and service accounts, where the values say', async () => {
    const objects = await render('pull-secrets.yaml');
    expect(oneOf(objects, 'ClusterRole').rules).toEqual([
      { apiGroups: [''], resources: ['secrets', 'serviceaccounts'], verbs: ['get'] },
    ]);
    expect(kindsOf(objects)).not.toContain('ClusterRoleBinding');
    const bindings = objects.filter(({ kind }) => kind === 'RoleBinding');
    expect(bindings.map(({ metadata }) => metadata.namespace)).toEqual(['shop', 'blog']);
    for (const { subjects, roleRef } of bindings) {
      expect(subjects).toEqual([{ kind: 'ServiceAccount', name: 'signet', namespace: 'signet' }]);
      expect(roleRef.name).toBe(oneOf(objects, 'ClusterRole').metadata.name);
    }
    expect(container(objects).args).toContain('--pull-secrets');
    expect(oneOf(objects, 'Deployment').spec.template.spec.automountServiceAccountToken).toBe(false);
  });

  itWithHelm('on in all namespaces: one binding for the cluster', async () => {
    const objects = await render('cert-manager.yaml', '--set', 'pullSecrets.enabled=true');
    expect(oneOf(objects, 'ClusterRoleBinding').subjects).toHaveLength(1);
    expect(kindsOf(objects)).not.toContain('RoleBinding');
    const ports = oneOf(objects, 'NetworkPolicy')
      .spec.egress.at(-1)
      .ports.map(({ port }: { port: number }) => port);
    expect(ports).toEqual([443, 6443]);
    const { volumeMounts } = container(objects);
    expect(volumeMounts).toContainEqual({
      name: 'service-account',
      mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
      readOnly: true,
    });
  });
});

describe('values that are refused', () => {
  const refused: readonly (readonly [string, string, RegExp, ...string[]])[] = [
    ['no digest', 'cert-manager.yaml', /image\/digest/, 'image.digest='],
    ['a tag in place of a digest', 'cert-manager.yaml', /image\/digest/, 'image.digest=1.0'],
    ['no policy', 'cert-manager.yaml', /a policy is needed/, 'policy.existingConfigMap='],
    ['two policies', 'cert-manager.yaml', /a policy is needed/, 'policy.existingSecret=other'],
    [
      'files without policy.yaml',
      'cert-manager.yaml',
      /no policy\.yaml/,
      'policy.existingConfigMap=',
      'policy.files.a=b',
    ],
    ['an unknown value', 'cert-manager.yaml', /failurePolicy/, 'webhooks.failurePolicy=Ignore'],
    ['a time-out that Kubernetes refuses', 'cert-manager.yaml', /timeoutSeconds/, 'webhooks.timeoutSeconds=31'],
    ['a namespace that is none', 'cert-manager.yaml', /exemptNamespaces/, 'webhooks.exemptNamespaces={Kube_System}'],
    ['a duration that is none', 'cert-manager.yaml', /server\/fresh/, 'server.fresh=soon'],
    ['a path of images that is none', 'cert-manager.yaml', /imagePaths/, 'server.imagePaths={App=image}'],
    ['no CA', 'existing-secret.yaml', /caBundle is missing/, 'certificates.existingSecret.caBundle='],
    ['no CA for Gatekeeper', 'gatekeeper-only.yaml', /caBundle is missing/, 'gatekeeper.caBundle='],
    ['nothing that asks', 'gatekeeper-only.yaml', /nobody would ask/, 'gatekeeper.enabled=false'],
    ['mutation alone', 'cert-manager.yaml', /validate must be on/, 'webhooks.validate=false'],
    [
      'a shared place without secret',
      'cert-manager.yaml',
      /valkey.existingSecret/,
      'valkey.url=valkey://cache.example',
    ],
    ['metrics without token', 'cert-manager.yaml', /needs tokens/, 'serviceMonitor.enabled=true'],
    ['client certificates of nobody', 'cert-manager.yaml', /needs clientCa/, 'clientCa.required=true'],
    [
      'a budget that keeps nodes from draining',
      'cert-manager.yaml',
      /less than replicas/,
      'podDisruptionBudget.minAvailable=2',
    ],
  ];
  for (const [title, values, why, ...settings] of refused)
    itWithHelm(title, async () => {
      await expect(render(values, ...settings.flatMap((each) => ['--set', each]))).rejects.toThrow(why);
    });

  itWithHelm('the values as they come', async () => {
    const done = await helm('template', 'signet', chart);
    expect(done).toMatchObject({ code: 1, stdout: '' });
    expect(done.stderr).toMatch(/image\/digest/);
  });
});

it('values for every way to install are there', () => {
  expect(cases).toEqual([
    'cert-manager.yaml',
    'existing-secret.yaml',
    'gatekeeper-only.yaml',
    'generated.yaml',
    'issuer.yaml',
    'publisher.yaml',
    'pull-secrets.yaml',
  ]);
});

interface Rule {
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly operations: readonly string[];
  readonly resources: readonly string[];
  readonly scope: string;
}

/** As these kinds' CRDs name their resources. */
function pluralOf(kind: string): string {
  const lower = kind.toLowerCase();
  return lower === 'prometheus' ? 'prometheuses' : `${lower}s`;
}
