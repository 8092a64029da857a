import { admissionReview } from '../../admission/requests.ts';

/** An image by its reference, and what must be answered. */
export interface PodImage {
  readonly reference: string;
  readonly isGood: boolean;
}

/** The review of a pod, and whether it must be allowed. */
export interface LoadPod {
  readonly body: string;
  readonly isGood: boolean;
}

/** Pods of three containers, so that each image is named as often as the others; or only the first of them. */
export function podsOf(images: readonly PodImage[], onlyFirst: boolean): readonly LoadPod[] {
  return Array.from({ length: onlyFirst ? 1 : images.length }, (_, at) => {
    const named = [0, 1, 2].map((next) => images[(at + next) % images.length]);
    const containers = named.map((image, index) => ({
      name: `c${index}`,
      image: image?.reference,
      ports: [{ containerPort: 8080 }],
      env: [{ name: 'LEVEL', value: 'info' }],
      resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
    }));
    const metadata = { name: `pod-${at}`, namespace: 'shop', labels: { app: 'web', tier: 'front' } };
    const body = JSON.stringify(
      admissionReview({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers, serviceAccountName: 'default' } }),
    );
    return { body, isGood: named.every((image) => image?.isGood === true) };
  });
}
