/**
 * Where the sandbox (left) and moto 5.2.1 (right) answer otherwise, and who is right by AWS's documentation. Of a member,
 * `-` means that moto leaves it out and `+` that the sandbox does. Every line that is found must be here, and every
 * entry here must be found: who changes either reviews this.
 */
export interface MotoDifference {
  lines: RegExp
  /** `neither`: what AWS does is not documented. */
  right: 'sandbox' | 'moto' | 'neither'
  because: string
}

const sandboxIsRight = (lines: RegExp, because: string): MotoDifference => ({ lines, right: 'sandbox', because })
const motoIsRight = (lines: RegExp, because: string): MotoDifference => ({ lines, right: 'moto', because })
const unknown = (lines: RegExp, because: string): MotoDifference => ({ lines, right: 'neither', because })

/** moto does not have these: it answers with HTTP 500 and a page for people. */
export const notInMoto = [
  ...['DescribeScalingActivities', 'ListTagsForResource', 'TagResource', 'UntagResource'].map(of('application-autoscaling')),
  ...['DisableAlarmActions', 'EnableAlarmActions'].map(of('cloudwatch')),
  ...['BatchCheckLayerAvailability', 'InitiateLayerUpload', 'UploadLayerPart', 'CompleteLayerUpload'].map(of('ecr')),
  ...['GetDownloadUrlForLayer'].map(of('ecr')),
  ...['ListServiceDeployments', 'DescribeServiceDeployments', 'DescribeServiceRevisions', 'StopServiceDeployment'].map(of('ecs')),
  ...['ContinueServiceDeployment', 'ExecuteCommand', 'GetTaskProtection', 'UpdateTaskProtection'].map(of('ecs')),
  ...['PutAccountSettingDefault', 'UpdateClusterSettings'].map(of('ecs')),
  ...['SimulatePrincipalPolicy'].map(of('iam')),
  ...['StartSession', 'ResumeSession', 'TerminateSession'].map(of('ssm')),
  ...['StartMessageMoveTask', 'ListMessageMoveTasks', 'CancelMessageMoveTask'].map(of('sqs')),
]

/** moto takes container instances of EC2 instances of its own alone, so that it has none here. */
export const withoutInstances = [
  ...['RegisterContainerInstance', 'ListContainerInstances', 'DescribeContainerInstances'].map(of('ecs')),
  ...['UpdateContainerInstancesState', 'DeregisterContainerInstance'].map(of('ecs')),
]

function of(service: string): (operation: string) => string {
  return (operation) => `${service}:${operation}`
}

/** moto has the operation, and breaks on this input. */
const brokenMoto: MotoDifference[] = [
  ...notInMoto.map((call) => sandboxIsRight(new RegExp(`^${call} \\w+, moto breaks$`), 'moto does not have it')),
  sandboxIsRight(
    /^ecs:RegisterContainerInstance answers, moto InvalidInstanceID\.NotFound$/,
    'API_RegisterContainerInstance, Errors: it has no such error',
  ),
  sandboxIsRight(
    /^ecs:(RunTask|DescribeContainerInstances|UpdateContainerInstancesState|DeregisterContainerInstance) (answers|InvalidParameterException), moto breaks$/,
    'follows from the line above: moto has no instance',
  ),
  sandboxIsRight(/^ecs:ListContainerInstances -containerInstanceArns\[\]: string$/, 'follows from the first line'),
  sandboxIsRight(/^ecs:StopTask InvalidParameterException, moto breaks$/, 'API_StopTask, Errors: there is no such task'),
  sandboxIsRight(/^lambda:Invoke InvalidRequestContentException, moto (breaks|answers)$/, 'API_Invoke, Errors: it is no JSON'),
  sandboxIsRight(/^scheduler:CreateSchedule ResourceNotFoundException, moto breaks$/, 'API_CreateSchedule, Errors'),
]

/** moto lets through what AWS refuses. */
const lenientMoto: MotoDifference[] = [
  sandboxIsRight(
    /^application-autoscaling:RegisterScalableTarget ValidationException, moto answers$/,
    'the least is above the most',
  ),
  sandboxIsRight(
    /^application-autoscaling:(DeleteScalingPolicy|DeregisterScalableTarget) ObjectNotFoundException, moto ValidationException$/,
    'API_DeregisterScalableTarget, Errors: the object that could not be found has an error of its own',
  ),
  sandboxIsRight(
    /^cloudwatch:PutMetricData InvalidParameterValue, moto answers$/,
    'namespaces that start with AWS/ are AWS’s own',
  ),
  sandboxIsRight(/^ecr:PutImage LayersNotFoundException, moto answers$/, 'API_PutImage, Errors; moto keeps no layers'),
  sandboxIsRight(
    /^ecr:PutImage \w+, moto ImageAlreadyExistsException$/,
    'follows from the line above: moto has taken the image already',
  ),
  sandboxIsRight(/^ecs:CreateService InvalidParameterException, moto answers$/, 'the name is taken by an active service'),
  sandboxIsRight(/^ecs:DeleteCluster ClusterContainsServicesException, moto answers$/, 'API_DeleteCluster, Errors'),
  sandboxIsRight(
    /^ecs:RegisterTaskDefinition ClientException, moto answers$/,
    'Fargate has no 256 CPU units with 8 GB, and a definition without containers is none',
  ),
  sandboxIsRight(/^elbv2:CreateListener DuplicateListener, moto answers$/, 'API_CreateListener, Errors'),
  sandboxIsRight(/^iam:CreateRole MalformedPolicyDocument, moto answers$/, 'API_CreateRole, Errors'),
  sandboxIsRight(/^iam:DeletePolicy DeleteConflict, moto answers$/, 'API_DeletePolicy: it must be detached first'),
  sandboxIsRight(
    /^iam:(DeletePolicy|DetachRolePolicy) answers, moto NoSuchEntity$|^iam:DeleteRole answers, moto DeleteConflict$/,
    'follows from the line above: in moto the policy has gone already',
  ),
  sandboxIsRight(/^kms:Encrypt (Disabled|KMSInvalidState)Exception, moto answers$/, 'API_Encrypt, Errors'),
  sandboxIsRight(
    /^(kms:PutKeyPolicy|secretsmanager:PutResourcePolicy) MalformedPolicyDocumentException, moto answers$/,
    'API_PutKeyPolicy and API_PutResourcePolicy, Errors',
  ),
  sandboxIsRight(/^logs:CreateLogGroup InvalidParameterException, moto answers$/, 'a space is not in the pattern of the name'),
  sandboxIsRight(
    /^logs:PutRetentionPolicy InvalidParameterException, moto answers$/,
    '15 is not among the possible numbers of days',
  ),
  sandboxIsRight(/^logs:FilterLogEvents InvalidParameterException, moto answers$/, 'the pattern is cut off'),
  sandboxIsRight(/^scheduler:CreateScheduleGroup ConflictException, moto answers$/, 'API_CreateScheduleGroup, Errors'),
  sandboxIsRight(
    /^scheduler:CreateSchedule ValidationException, moto (answers|ConflictException)$/,
    'an expression or a zone that there is not; what moto takes the first time is there the second',
  ),
  sandboxIsRight(
    /^sqs:PurgeQueue AWS\.SimpleQueueService\.PurgeQueueInProgress, moto answers$/,
    'once in 60 seconds: API_PurgeQueue',
  ),
]

/** moto leaves out, or gives in another way, what the API reference says is in the answer. */
const lesserMoto: MotoDifference[] = [
  sandboxIsRight(
    /^application-autoscaling:DescribeScalableTargets -ScalableTargets\[\]\.(RoleARN|SuspendedState\.)/,
    'API_ScalableTarget',
  ),
  sandboxIsRight(/^cloudwatch:DescribeAlarms -MetricAlarms\[\]\.StateTransitionedTimestamp: time$/, 'API_MetricAlarm'),
  sandboxIsRight(/^cloudwatch:DescribeAlarms \+MetricAlarms\[\]\.StateReasonData: string$/, 'moto gives {} where nobody set any'),
  sandboxIsRight(
    /^ec2:AuthorizeSecurityGroup(In|E)gress -SecurityGroupRules\[\]\.GroupOwnerId: string$/,
    'API_SecurityGroupRule',
  ),
  sandboxIsRight(/^ec2:DeleteSecurityGroup -(GroupId: string|Return: boolean)$/, 'API_DeleteSecurityGroup'),
  sandboxIsRight(/^ec2:DescribeAvailabilityZones -AvailabilityZones\[\]\.\w+: string$/, 'API_AvailabilityZone'),
  sandboxIsRight(
    /^ec2:DescribeSecurityGroups -SecurityGroups\[\]\.IpPermissions\[\]\./,
    'a default group lets in what comes from itself: "Default security groups" of the VPC user guide',
  ),
  sandboxIsRight(
    /^ecr:DescribeImages -imageDetails\[\]\.(artifactMediaType|imageStatus|lastRecordedPullTime): \w+$/,
    'API_ImageDetail',
  ),
  sandboxIsRight(
    /^ecs:DescribeCapacityProviders [+-](failures|capacityProviders)\[\]\.\w+: string$/,
    'FARGATE is there without being made: "Amazon ECS clusters for Fargate"',
  ),
  sandboxIsRight(/^ecs:(ListAccountSettings|PutAccountSetting) -settings?(\[\])?\.(principalArn|type): string$/, 'API_Setting'),
  sandboxIsRight(
    /^ecs:\w+Services? -services?(\[\])?\./,
    'API_Service: moto has no rollouts, events, platform versions or circuit breaker',
  ),
  sandboxIsRight(/^ecs:DescribeServices \+services\[\]\.deployments\[\]\./, 'a service that is INACTIVE has no deployment left'),
  sandboxIsRight(/^ecs:RegisterTaskDefinition -tags\[\]\.(key|value): string$/, 'API_RegisterTaskDefinition, Response Elements'),
  sandboxIsRight(
    /^ecs:\w+TaskDefinitions? -taskDefinitions?(\[\])?\.(containerDefinitions\[\]\.portMappings\[\]\.hostPort|executionRoleArn|(de)?registeredAt|registeredBy|requiresAttributes\[\]\.name): \w+$/,
    'API_TaskDefinition, and of awsvpc API_PortMapping: the host’s port is the container’s',
  ),
  sandboxIsRight(/^ecs:(RunTask|StopTask|DescribeTasks) -(tasks?(\[\])?|failures\[\])\./, 'API_Task: moto runs none'),
  sandboxIsRight(
    /^ecs:(RunTask|StopTask|DescribeTasks) \+tasks?(\[\])?\.(stoppedReason|containers\[\]\.exitCode): \w+$/,
    'moto has an end of a task that has not ended',
  ),
  sandboxIsRight(
    /^ecs:(RunTask|StopTask|DescribeTasks) tasks?(\[\])?\.containers\[\]\.(cpu|memory): string, not number$/,
    'API_Container: both are strings',
  ),
  sandboxIsRight(/^elbv2:\w+ -LoadBalancers\[\]\.Scheme: string$/, 'API_LoadBalancer; internet-facing when nothing is said'),
  sandboxIsRight(/^elbv2:\w+ -Listeners\[\]\.DefaultActions\[\]\.ForwardConfig\./, 'API_Action: both forms come back'),
  sandboxIsRight(/^elbv2:\w+ \+Listeners\[\]\.SslPolicy: string$/, 'moto gives an empty one to a listener of HTTP'),
  sandboxIsRight(
    /^elbv2:\w+ -Rules\[\]\.Conditions\[\]\.PathPatternConfig\.Values\[\]: string$/,
    'API_RuleCondition: both forms come back',
  ),
  sandboxIsRight(
    /^elbv2:\w+ -Rules\[\]\.Actions\[\]\.RedirectConfig\.(Host|Path|Query): string$/,
    'API_RedirectActionConfig: what is not said is #{host}, /#{path} and #{query}',
  ),
  sandboxIsRight(/^elbv2:DescribeTargetHealth -TargetHealthDescriptions\[\]\.(Target|TargetHealth)\./, 'API_TargetHealth'),
  sandboxIsRight(/^events:TestEventPattern -Result: boolean$/, 'API_TestEventPattern'),
  sandboxIsRight(/^iam:\w+ -(Policy|Policies\[\])\.PermissionsBoundaryUsageCount: number$/, 'API_Policy'),
  sandboxIsRight(
    /^iam:(CreatePolicyVersion|ListPolicyVersions) \+\w+(\[\])?\.Document: string$/,
    'API_PolicyVersion: GetPolicyVersion alone gives the document',
  ),
  sandboxIsRight(
    /^iam:\w+ [+-](Role|Roles\[\]|PolicyVersion)\.(AssumeRolePolicyDocument|Document)\b/,
    'policies are percent-encoded as RFC 3986 says: API_GetRole and API_GetPolicyVersion',
  ),
  sandboxIsRight(/^iam:\w+ -IsTruncated: boolean$/, 'API_ListAccessKeys and API_ListPolicyVersions'),
  sandboxIsRight(
    /^kms:\w+ -(KeyMetadata\.(KeyUsage|MultiRegion)|\w*EncryptionAlgorithm|PolicyName|KeyId|NextRotationDate|RotationPeriodInDays|Aliases\[\]\.\w+Date|NextMarker|KeyState|PendingWindowInDays): \w+$/,
    'API_KeyMetadata, API_Encrypt, API_GetKeyPolicy, API_GetKeyRotationStatus, API_AliasListEntry, API_ListKeys, API_ScheduleKeyDeletion',
  ),
  sandboxIsRight(
    /^lambda:\w+ -(\w+(\[\])?\.)?(LoggingConfig\.\w+|RevisionId|LastUpdateStatus): string$/,
    'API_FunctionConfiguration',
  ),
  sandboxIsRight(/^lambda:\w+ (\w+(\[\])?\.)?LastModified: string, not time$/, 'Lambda writes +0000, moto a form of its own'),
  sandboxIsRight(/^logs:DescribeLogGroups -logGroups\[\]\.logGroupClass: string$/, 'API_LogGroup'),
  sandboxIsRight(/^logs:FilterLogEvents \+searchedLogStreams\[\]\./, 'API_FilterLogEvents: no longer filled'),
  sandboxIsRight(/^s3:\w+ \+\S*DisplayName: string$/, 'S3 ended the display names of owners in November 2025: API_Owner'),
  sandboxIsRight(/^s3:\w+ -ServerSideEncryption: string$/, 'every object is encrypted with AES256 since January 2023'),
  sandboxIsRight(
    /^s3:GetBucketEncryption answers, moto ServerSideEncryptionConfigurationNotFoundError$/,
    'every bucket is encrypted with AES256 since January 2023',
  ),
  sandboxIsRight(
    /^s3:(GetBucketOwnershipControls|GetPublicAccessBlock) answers, moto \w+$/,
    'new buckets own their objects and block public access since April 2023',
  ),
  sandboxIsRight(
    /^s3:\w+ -(\S*Checksum\w+(\[\])?|\S*BucketArn|\S*BucketRegion|AccessPointAlias|Payer|Marker|ContinuationToken): \w+$/,
    'API_PutObject, API_CreateBucket, API_HeadBucket, API_GetBucketRequestPayment, API_ListObjects and their kin',
  ),
  sandboxIsRight(/^s3:CompleteMultipartUpload \+VersionId: string$/, 'the bucket has no versions'),
  sandboxIsRight(/^scheduler:GetSchedule -ActionAfterCompletion: string$/, 'API_GetSchedule'),
  sandboxIsRight(/^secretsmanager:\w+ -(SecretList\[\]\.)?LastAccessedDate: time$/, 'API_DescribeSecret'),
  sandboxIsRight(/^secretsmanager:ListSecretVersionIds -Versions\[\]\.KmsKeyIds\[\]: string$/, 'API_SecretVersionsListEntry'),
  sandboxIsRight(/^secretsmanager:ListSecretVersionIds \+NextToken: string$/, 'moto gives an empty one where nothing follows'),
  sandboxIsRight(/^sqs:SendMessageBatch Failed\[\]\.SenderFault: boolean, not string$/, 'API_BatchResultErrorEntry'),
  sandboxIsRight(/^ssm:DescribeParameters -Parameters\[\]\.ARN: string$/, 'API_ParameterMetadata'),
  sandboxIsRight(/^ssm:GetParameter -Parameter\.Selector: string$/, 'API_Parameter: what the name was asked with'),
]

/** What the sandbox leaves out; `docs/operate/sandbox.md` says so. */
const lesserSandbox: MotoDifference[] = [
  motoIsRight(
    /^application-autoscaling:\w+ \+(ScalingPolicies\[\]\.)?Alarms\[\]\./,
    'the sandbox scales by what it measures and makes no alarms for it',
  ),
  motoIsRight(
    /^lambda:\w+ \+((\w+(\[\])?\.)?CodeSha256|Code\.\w+): string$/,
    'the sandbox keeps no code: a function is a local command',
  ),
  sandboxIsRight(/^lambda:Invoke ResourceNotFoundException, moto answers$/, 'API_Invoke, Errors; moto runs no function'),
  unknown(/^ecs:DeleteTaskDefinitions -failures\[\]\.detail: string$/, 'API_Failure has it; no text says when'),
  unknown(/^lambda:Invoke -ExecutedVersion: string$/, 'moto runs no function'),
  unknown(/^ecr:\w+LifecyclePolicy \+lastEvaluatedAt: time$/, 'no policy is evaluated, by either'),
  unknown(/^events:DescribeEventBus \+(Creation|LastModified)Time: time$/, 'the default bus was not made by anybody'),
]

export const motoDifferences: MotoDifference[] = [...brokenMoto, ...lenientMoto, ...lesserMoto, ...lesserSandbox]
