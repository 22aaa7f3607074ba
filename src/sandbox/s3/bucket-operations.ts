import { page, sortedBy } from '../page.ts'
import type { Bucket, BucketStore } from './bucket-store.ts'
import { refuse, s3Error } from './error.ts'
import type { S3Handlers } from './s3.ts'

const BUCKET_PAGE = 10_000
const DEFAULT_REGION = 'us-east-1'
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
const NAME =
  /^(?!xn--|sthree-|amzn-s3-demo-)(?!.*(-s3alias|--ol-s3|\.mrap|--x-s3)$)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]$/

export function bucketOperations(store: BucketStore): S3Handlers {
  const { region, account } = store.cloud

  return {
    CreateBucket(input) {
      const name = input.Bucket as string
      refuse({ ...input, ObjectLockEnabledForBucket: input.ObjectLockEnabledForBucket || undefined }, [
        'ObjectLockEnabledForBucket',
      ])
      if (input.ACL !== undefined && input.ACL !== 'private') throw s3Error('AccessControlListNotSupported')
      if (!NAME.test(name)) throw s3Error('InvalidBucketName', { BucketName: name })
      checkLocation(region, input.CreateBucketConfiguration?.LocationConstraint)
      // In the oldest region a bucket of one's own is made again without a word.
      if (store.buckets.has(name) && region !== DEFAULT_REGION) throw s3Error('BucketAlreadyOwnedByYou', { BucketName: name })
      const tags = input.CreateBucketConfiguration?.Tags?.map(({ Key, Value }) => [Key, Value ?? ''])
      const bucket: Bucket = { name, createdAt: store.now(), ...(tags && { tags: Object.fromEntries(tags) }) }
      if (!store.buckets.has(name)) store.buckets.set(name, bucket)
      return { Location: `/${name}`, BucketArn: arn(name) }
    },

    HeadBucket(input) {
      if (!store.buckets.has(input.Bucket as string)) throw s3Error('NotFound')
      store.bucket(input)
      return { BucketRegion: region, BucketArn: arn(input.Bucket as string), AccessPointAlias: false }
    },

    DeleteBucket(input) {
      const { name } = store.bucket(input)
      const hasUploads = [...store.uploads.values()].some(({ bucket }) => bucket === name)
      if (store.objects(name).length > 0 || hasUploads) throw s3Error('BucketNotEmpty', { BucketName: name })
      store.buckets.delete(name)
      return {}
    },

    ListBuckets(input) {
      const most = input.MaxBuckets ?? BUCKET_PAGE
      if (most < 1 || most > BUCKET_PAGE) throw s3Error('InvalidArgument', { ArgumentName: 'max-buckets' })
      const isHere = input.BucketRegion === undefined || input.BucketRegion === region
      const buckets = [...store.buckets.values()].filter(({ name }) => isHere && name.startsWith(input.Prefix ?? ''))
      const byName = ({ name }: Bucket) => name
      const { items, nextToken } = page(sortedBy(buckets, byName), byName, {
        token: input.ContinuationToken,
        size: most,
        invalid: () => {
          throw s3Error('InvalidArgument', { ArgumentName: 'continuation-token' }, 'The continuation token provided is incorrect')
        },
      })
      return {
        Owner: owner(account),
        Buckets: items.map(({ name, createdAt }) => ({
          Name: name,
          CreationDate: createdAt,
          BucketRegion: region,
          BucketArn: arn(name),
        })),
        ContinuationToken: nextToken,
        Prefix: input.Prefix,
      }
    },

    GetBucketLocation(input) {
      store.bucket(input)
      return { LocationConstraint: region === DEFAULT_REGION ? undefined : (region as 'ap-northeast-1') }
    },
  }
}

/** The canonical user id of the account: 64 hexadecimal digits. */
export const owner = (account: string) => ({ ID: account.padStart(64, '0') })

const arn = (bucket: string) => `arn:aws:s3:::${bucket}`

function checkLocation(region: string, constraint: string | undefined): void {
  if ((constraint ?? DEFAULT_REGION) === region) return
  if (constraint === undefined) throw s3Error('IllegalLocationConstraintException')
  throw s3Error(
    'IllegalLocationConstraintException',
    {},
    `The ${constraint} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  )
}
