// Judges the pull request of the event, or all that are open, and merges or says why not.
import { readFileSync } from 'node:fs'
import type { Language, Text } from '../../src/core/text.ts'
import { BadInput } from '../input.ts'
import { annotate, type Environment, inMarkdown, mask, print, setOutput } from '../runner.ts'
import { Github, GithubFailed } from './github.ts'
import { type Wanted, wantedOf } from './inputs.ts'
import { type Pull, whyNot, whyNotOurs } from './judge.ts'
import { words } from './words.ts'

const EXIT = { failed: 1, badInput: 2 }
/** By this the comment is found again. */
const MARKER = '<!-- kiban-dependabot-auto-merge -->'

type Outcome = 'merged' | 'refused' | 'skipped'

/** The exit code of the step: what is not merged is no failure, GitHub's silence is one. */
export async function autoMerge(environment: Environment): Promise<number> {
  try {
    const wanted = wantedOf(environment)
    mask(wanted.token)
    const github = new Github(wanted)
    const outcomes: Record<Outcome, number[]> = { merged: [], refused: [], skipped: [] }
    for (const number of await numbersIn(github, environment))
      outcomes[await judged(github, wanted, number, environment.GITHUB_RUN_ID ?? '')].push(number)
    for (const [name, numbers] of Object.entries(outcomes)) setOutput(environment, name, numbers.join(','))
    return 0
  } catch (error) {
    if (!(error instanceof BadInput || error instanceof GithubFailed)) throw error
    annotate('error', 'kiban', error.message)
    return error instanceof BadInput ? EXIT.badInput : EXIT.failed
  }
}

/** Of the event's pull request where it has one; else, as on a schedule or after other workflows, all that are open. */
async function numbersIn(github: Github, { GITHUB_EVENT_PATH }: Environment): Promise<number[]> {
  const event = GITHUB_EVENT_PATH ? (JSON.parse(readFileSync(GITHUB_EVENT_PATH, 'utf8')) as { pull_request?: Pull }) : {}
  if (event.pull_request) return [event.pull_request.number]
  return (await github.openPulls()).map(({ number }) => number)
}

async function judged(github: Github, wanted: Wanted, number: number, run: string): Promise<Outcome> {
  const { language, repository, rules } = wanted
  // The event may be old: what counts is how the pull request stands now.
  const pull = await github.pull(number)
  const why = whyNotOurs(pull, repository)
  if (why) return skipped(number, why, language)
  const { sha } = pull.head
  const [commits, checks] = [await github.commits(number), rules.checks ? await github.checks(sha, run) : []]
  const reasons = whyNot(rules, { pull, commits, checks, now: Date.now() })
  if (reasons.length > 0) return refused(github, number, reasons, language)
  const merged = await github.merge(number, sha, wanted.mergeMethod)
  if (merged === 'moved') return skipped(number, words.moved, language)
  if (merged !== 'merged') return refused(github, number, [words.notMergeable(merged.not)], language)
  annotate('notice', 'kiban', words.merged(number, sha)[language])
  return 'merged'
}

function skipped(number: number, why: Text, language: Language): 'skipped' {
  annotate('notice', 'kiban', words.skipped(number, why)[language])
  return 'skipped'
}

/** One comment for each pull request, which follows what stands in the way. */
async function refused(github: Github, number: number, reasons: Text[], language: Language): Promise<'refused'> {
  print([words.refused(number), ...reasons].map((one) => one[language]).join('\n  '))
  const said = reasons.map((reason) => `- ${inMarkdown(reason[language])}`)
  const body = [MARKER, `**${words.heading[language]}**`, '', ...said, '', words.again[language]].join('\n')
  const ours = (await github.comments(number)).find((one) => one.user?.type === 'Bot' && one.body?.startsWith(MARKER))
  if (!ours) await github.comment(number, body)
  else if (ours.body !== body) await github.changeComment(ours.id, body)
  return 'refused'
}
