/** Where a kind holds images: paths to pod specs, containers or image names. Rule: json-path.ts */
export interface KindEntry {
  /** The API group, empty for the core one; any version of it. */
  readonly group: string;
  readonly kind: string;
  readonly paths: readonly string[];
}

const template = ['$.spec.template.spec'];
const argoTemplate = (prefix: string): readonly string[] =>
  ['container', 'script', 'initContainers[*]', 'sidecars[*]', 'containerSet.containers[*]'].map(
    (part) => `${prefix}.${part}`,
  );
const tektonTask = (prefix: string): readonly string[] =>
  ['steps[*]', 'sidecars[*]', 'stepTemplate'].map((part) => `${prefix}.${part}`);
const tektonPipeline = (prefix: string): readonly string[] => [
  ...tektonTask(`${prefix}.tasks[*].taskSpec`),
  ...tektonTask(`${prefix}.finally[*].taskSpec`),
];

/** Kubernetes' own kinds with a pod spec. Rule: Kubernetes API reference, "Workload Resources". */
const ownKinds: readonly KindEntry[] = [
  { group: '', kind: 'Pod', paths: ['$.spec'] },
  { group: '', kind: 'PodTemplate', paths: ['$.template.spec'] },
  // What `pods/ephemeralcontainers` took before Kubernetes 1.22.
  { group: '', kind: 'EphemeralContainers', paths: ['$'] },
  { group: '', kind: 'ReplicationController', paths: template },
  ...['Deployment', 'ReplicaSet', 'DaemonSet'].flatMap((kind) => [
    { group: 'apps', kind, paths: template },
    { group: 'extensions', kind, paths: template },
  ]),
  { group: 'apps', kind: 'StatefulSet', paths: template },
  { group: 'batch', kind: 'Job', paths: template },
  { group: 'batch', kind: 'CronJob', paths: ['$.spec.jobTemplate.spec.template.spec'] },
];

/** Custom resources that many clusters have and whose images stand at fixed paths: what runs containers in place of a Deployment or Job. */
const customKinds: readonly KindEntry[] = [
  { group: 'argoproj.io', kind: 'Rollout', paths: template },
  ...['Workflow', 'WorkflowTemplate', 'ClusterWorkflowTemplate'].map((kind) => ({
    group: 'argoproj.io',
    kind,
    paths: [...argoTemplate('$.spec.templates[*]'), ...argoTemplate('$.spec.templateDefaults')],
  })),
  {
    group: 'argoproj.io',
    kind: 'CronWorkflow',
    paths: [
      ...argoTemplate('$.spec.workflowSpec.templates[*]'),
      ...argoTemplate('$.spec.workflowSpec.templateDefaults'),
    ],
  },
  { group: 'serving.knative.dev', kind: 'Service', paths: template },
  { group: 'serving.knative.dev', kind: 'Configuration', paths: template },
  { group: 'serving.knative.dev', kind: 'Revision', paths: ['$.spec'] },
  { group: 'tekton.dev', kind: 'Task', paths: tektonTask('$.spec') },
  { group: 'tekton.dev', kind: 'ClusterTask', paths: tektonTask('$.spec') },
  { group: 'tekton.dev', kind: 'StepAction', paths: ['$.spec'] },
  { group: 'tekton.dev', kind: 'TaskRun', paths: tektonTask('$.spec.taskSpec') },
  { group: 'tekton.dev', kind: 'Pipeline', paths: tektonPipeline('$.spec') },
  { group: 'tekton.dev', kind: 'PipelineRun', paths: tektonPipeline('$.spec.pipelineSpec') },
  // Virtual machines boot from these images: they run as much as a container does.
  {
    group: 'kubevirt.io',
    kind: 'VirtualMachine',
    paths: [
      '$.spec.template.spec.volumes[*].containerDisk.image',
      '$.spec.template.spec.domain.firmware.kernelBoot.container.image',
    ],
  },
  {
    group: 'kubevirt.io',
    kind: 'VirtualMachineInstance',
    paths: ['$.spec.volumes[*].containerDisk.image', '$.spec.domain.firmware.kernelBoot.container.image'],
  },
  ...['Prometheus', 'PrometheusAgent', 'Alertmanager', 'ThanosRuler'].map((kind) => ({
    group: 'monitoring.coreos.com',
    kind,
    paths: ['$.spec', '$.spec.thanos'],
  })),
  { group: 'keda.sh', kind: 'ScaledJob', paths: ['$.spec.jobTargetRef.template.spec'] },
  { group: 'apps.openshift.io', kind: 'DeploymentConfig', paths: template },
  { group: 'batch.volcano.sh', kind: 'Job', paths: ['$.spec.tasks[*].template.spec'] },
  { group: 'jobset.x-k8s.io', kind: 'JobSet', paths: ['$.spec.replicatedJobs[*].template.spec.template.spec'] },
  ...['CloneSet', 'StatefulSet', 'DaemonSet', 'BroadcastJob'].map((kind) => ({
    group: 'apps.kruise.io',
    kind,
    paths: template,
  })),
];

/** All kinds that are known without being configured. */
export const knownKinds: readonly KindEntry[] = [...ownKinds, ...customKinds];

/** API groups whose other kinds hold no images that run: Kubernetes' own, and those of policy engines, whose rules look like pods. */
const imagelessGroups: ReadonlySet<string> = new Set([
  ...['', 'apps', 'autoscaling', 'batch', 'extensions', 'policy'],
  ...[
    'admissionregistration',
    'apiextensions',
    'apiregistration',
    'authentication',
    'authorization',
    'certificates',
  ].map(k8s),
  ...[
    'coordination',
    'discovery',
    'events',
    'flowcontrol.apiserver',
    'internal.apiserver',
    'metrics',
    'networking',
  ].map(k8s),
  ...['gateway.networking', 'node', 'rbac.authorization', 'resource', 'scheduling', 'storage', 'storagemigration'].map(
    k8s,
  ),
  ...['kyverno.io', 'policies.kyverno.io', 'policy.sigstore.dev'],
  ...['templates.gatekeeper.sh', 'constraints.gatekeeper.sh'],
]);

/** Whether the kinds of a group that are not in the table are known to hold no images. */
export function isImagelessGroup(group: string): boolean {
  return imagelessGroups.has(group);
}

function k8s(name: string): string {
  return `${name}.k8s.io`;
}
