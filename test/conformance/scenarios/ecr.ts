import { expect } from 'vitest'
import { type Scenario, step } from '../scenario.ts'
import { CONFIG, digestOf, LAYER, manifest, TYPE, uploaded } from './image.ts'

const repositoryName = 'play/api'
const ARN = 'arn:aws:ecr:ap-northeast-1:123456789012:repository/play/api'
const lifecycle = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      selection: { tagStatus: 'untagged', countType: 'imageCountMoreThan', countNumber: 9 },
      action: { type: 'expire' },
    },
  ],
})

export const ecr: Scenario = {
  name: 'Repositories hold images, by layers and manifests',
  steps: [
    step(
      'ecr:CreateRepository',
      { repositoryName, tags: [{ Key: 'team', Value: 'bookshop' }] },
      {
        answer: { repository: { repositoryName, repositoryArn: ARN, imageTagMutability: 'MUTABLE' } },
      },
    ),
    step('ecr:CreateRepository', { repositoryName }, { fails: 'RepositoryAlreadyExistsException' }),
    step('ecr:CreateRepository', { repositoryName: 'Upper' }, { fails: 'InvalidParameterException' }),
    step('ecr:DescribeRepositories', { repositoryNames: [repositoryName] }, { answer: { repositories: [{ repositoryName }] } }),
    step('ecr:DescribeRepositories', { repositoryNames: ['none'] }, { fails: 'RepositoryNotFoundException' }),
    step('ecr:GetAuthorizationToken', {}, { answer: { authorizationData: [{ authorizationToken: expect.any(String) }] } }),
    step('ecr:PutImageScanningConfiguration', { repositoryName, imageScanningConfiguration: { scanOnPush: false } }),
    step('ecr:PutLifecyclePolicy', { repositoryName, lifecyclePolicyText: lifecycle }),
    step(
      'ecr:PutLifecyclePolicy',
      { repositoryName, lifecyclePolicyText: JSON.stringify({ rules: 'x'.repeat(100) }) },
      { fails: 'InvalidParameterException' },
    ),
    step('ecr:GetLifecyclePolicy', { repositoryName }, { answer: { lifecyclePolicyText: expect.any(String) } }),
    step('ecr:DeleteLifecyclePolicy', { repositoryName }),
    step('ecr:GetLifecyclePolicy', { repositoryName }, { fails: 'LifecyclePolicyNotFoundException' }),
    step('ecr:TagResource', { resourceArn: ARN, tags: [{ Key: 'owner', Value: 'aoi' }] }),
    step('ecr:UntagResource', { resourceArn: ARN, tagKeys: ['team'] }),
    step('ecr:ListTagsForResource', { resourceArn: ARN }, { answer: { tags: [{ Key: 'owner', Value: 'aoi' }] } }),
    step(
      'ecr:BatchCheckLayerAvailability',
      { repositoryName, layerDigests: [digestOf(LAYER)] },
      {
        answer: { layers: [{ layerAvailability: 'UNAVAILABLE' }] },
      },
    ),
    step('ecr:PutImage', { repositoryName, imageManifest: manifest('1'), imageTag: 'v1' }, { fails: 'LayersNotFoundException' }),
    ...uploaded(repositoryName, LAYER),
    ...uploaded(repositoryName, CONFIG),
    step(
      'ecr:BatchCheckLayerAvailability',
      { repositoryName, layerDigests: [digestOf(LAYER)] },
      {
        answer: { layers: [{ layerAvailability: 'AVAILABLE', layerSize: LAYER.length }] },
      },
    ),
    step(
      'ecr:GetDownloadUrlForLayer',
      { repositoryName, layerDigest: digestOf(LAYER) },
      { answer: { downloadUrl: expect.any(String) } },
    ),
    step(
      'ecr:PutImage',
      { repositoryName, imageManifest: manifest('1'), imageTag: 'v1' },
      {
        answer: { image: { imageId: { imageTag: 'v1', imageDigest: digestOf(manifest('1')) } } },
      },
    ),
    step(
      'ecr:PutImage',
      { repositoryName, imageManifest: manifest('1'), imageTag: 'v1' },
      { fails: 'ImageAlreadyExistsException' },
    ),
    step(
      'ecr:PutImageTagMutability',
      { repositoryName, imageTagMutability: 'IMMUTABLE' },
      { answer: { imageTagMutability: 'IMMUTABLE' } },
    ),
    step(
      'ecr:PutImage',
      { repositoryName, imageManifest: manifest('2'), imageTag: 'v1' },
      { fails: 'ImageTagAlreadyExistsException' },
    ),
    step(
      'ecr:BatchGetImage',
      { repositoryName, imageIds: [{ imageTag: 'v1' }, { imageTag: 'v9' }] },
      {
        answer: { images: [{ imageManifest: manifest('1') }], failures: [{ failureCode: 'ImageNotFound' }] },
      },
    ),
    step(
      'ecr:DescribeImages',
      { repositoryName },
      { answer: { imageDetails: [{ imageTags: ['v1'], imageManifestMediaType: TYPE }] } },
    ),
    step('ecr:DescribeImages', { repositoryName, imageIds: [{ imageTag: 'v9' }] }, { fails: 'ImageNotFoundException' }),
    step('ecr:ListImages', { repositoryName }, { answer: { imageIds: [{ imageTag: 'v1' }] } }),
    step('ecr:DescribeImageScanFindings', { repositoryName, imageId: { imageTag: 'v1' } }, { fails: 'ScanNotFoundException' }),
    step('ecr:DeleteRepository', { repositoryName }, { fails: 'RepositoryNotEmptyException' }),
    step(
      'ecr:BatchDeleteImage',
      { repositoryName, imageIds: [{ imageTag: 'v1' }] },
      { answer: { imageIds: [{ imageTag: 'v1' }] } },
    ),
    step('ecr:DeleteRepository', { repositoryName }, { answer: { repository: { repositoryName } } }),
  ],
}
