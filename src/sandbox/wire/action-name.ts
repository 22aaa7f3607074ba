// What IAM and the faults call an operation: https://docs.aws.amazon.com/service-authorization/latest/reference/

/** Services that IAM names otherwise than their signatures do. */
const PREFIXES: Record<string, string> = { monitoring: 'cloudwatch' }

/** Operations whose permission bears another name than theirs. */
const ACTIONS: Record<string, string[]> = {
  'lambda:Invoke': ['lambda:InvokeFunction'],
  's3:ListBuckets': ['s3:ListAllMyBuckets'],
  's3:HeadBucket': ['s3:ListBucket'],
  's3:ListObjects': ['s3:ListBucket'],
  's3:ListObjectsV2': ['s3:ListBucket'],
  's3:ListObjectVersions': ['s3:ListBucketVersions'],
  's3:ListMultipartUploads': ['s3:ListBucketMultipartUploads'],
  's3:HeadObject': ['s3:GetObject'],
  's3:CopyObject': ['s3:GetObject', 's3:PutObject'],
  's3:DeleteObjects': ['s3:DeleteObject'],
  's3:CreateMultipartUpload': ['s3:PutObject'],
  's3:UploadPart': ['s3:PutObject'],
  's3:CompleteMultipartUpload': ['s3:PutObject'],
  's3:ListParts': ['s3:ListMultipartUploadParts'],
  'sqs:SendMessageBatch': ['sqs:SendMessage'],
  'sqs:DeleteMessageBatch': ['sqs:DeleteMessage'],
  'sqs:ChangeMessageVisibilityBatch': ['sqs:ChangeMessageVisibility'],
}

/** `ecs:UpdateService`, `cloudwatch:PutMetricAlarm`. */
export function apiName(signingName: string, operation: string): string {
  return `${PREFIXES[signingName] ?? signingName}:${operation}`
}

export function iamActions(signingName: string, operation: string): string[] {
  const name = apiName(signingName, operation)
  return ACTIONS[name] ?? [name]
}
