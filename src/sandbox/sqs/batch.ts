// Requests of several entries: each succeeds or fails for itself.
import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs'
import { AwsError } from '../cloud.ts'

const MAXIMUM_ENTRIES = 10

/** `kind` is the entry's type in the model, for the message of an empty batch. */
export function batch<Entry extends { Id: string | undefined }, Done>(
  kind: string,
  entries: Entry[] = [],
  run: (entry: Entry) => Done,
): { Successful: (Done & { Id: string })[]; Failed: BatchResultErrorEntry[] } {
  checkEntries(kind, entries)
  const successful: (Done & { Id: string })[] = []
  const failed: BatchResultErrorEntry[] = []
  for (const entry of entries) {
    const id = entry.Id as string
    try {
      successful.push({ Id: id, ...run(entry) })
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      failed.push({ Id: id, SenderFault: true, Code: error.code, Message: error.message })
    }
  }
  return { Successful: successful, Failed: failed }
}

function checkEntries(kind: string, entries: { Id: string | undefined }[]): void {
  if (entries.length === 0) throw new AwsError('EmptyBatchRequest', `There should be at least one ${kind} in the request.`)
  if (entries.length > MAXIMUM_ENTRIES) {
    throw new AwsError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${MAXIMUM_ENTRIES}. You have sent ${entries.length}.`,
    )
  }
  const seen = new Set<string>()
  for (const { Id: id = '' } of entries) {
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(id)) {
      throw new AwsError(
        'InvalidBatchEntryId',
        'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
      )
    }
    if (seen.has(id)) throw new AwsError('BatchEntryIdsNotDistinct', `Id ${id} repeated.`)
    seen.add(id)
  }
}
