import { randomInt } from 'node:crypto'
import type { GetRandomPasswordCommandInput } from '@aws-sdk/client-secrets-manager'
import { AwsError } from '../cloud.ts'

const DEFAULT_LENGTH = 32
const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz'
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html */
export function randomPassword(input: GetRandomPasswordCommandInput): string {
  const kinds = includedKinds(input)
  const length = input.PasswordLength ?? DEFAULT_LENGTH
  const required = (input.RequireEachIncludedType ?? true) ? kinds : []
  if (kinds.length === 0) throw new AwsError('InvalidParameterException', 'No characters are left to make a password of.')
  if (length < required.length) {
    throw new AwsError(
      'InvalidParameterException',
      `The password length must be at least ${required.length} to include each type.`,
    )
  }
  const all = kinds.join('')
  const rest = Array.from({ length: length - required.length }, () => all)
  return shuffled([...required, ...rest].map(oneOf)).join('')
}

function includedKinds(input: GetRandomPasswordCommandInput): string[] {
  const kinds = [
    input.ExcludeLowercase ? '' : LOWERCASE,
    input.ExcludeUppercase ? '' : LOWERCASE.toUpperCase(),
    input.ExcludeNumbers ? '' : '0123456789',
    input.ExcludePunctuation ? '' : PUNCTUATION,
    input.IncludeSpace ? ' ' : '',
  ]
  const excluded = new Set(input.ExcludeCharacters)
  return kinds.map((kind) => [...kind].filter((character) => !excluded.has(character)).join('')).filter((kind) => kind !== '')
}

const oneOf = (characters: string) => characters[randomInt(characters.length)] as string

function shuffled(characters: string[]): string[] {
  for (let last = characters.length - 1; last > 0; last--) {
    const other = randomInt(last + 1)
    const kept = characters[last] as string
    characters[last] = characters[other] as string
    characters[other] = kept
  }
  return characters
}
