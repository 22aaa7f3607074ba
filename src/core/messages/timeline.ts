// What events say, in every face.
import type { Event } from '../event.ts'
import type { Text } from '../text.ts'
import type { Verdict } from '../verdict.ts'
import { deployView } from './deploy-view.ts'
import { ignoredFor, pushes } from './pushes.ts'
import { schedules } from './schedules.ts'
import { services } from './services.ts'
import { taskRuns } from './task-runs.ts'
import { workflows } from './workflows.ts'

export type EventTone = 'good' | 'bad' | 'warn' | 'busy' | 'muted'

/** An event in words: what happened, without when and by whom, which a face shows beside it. */
export interface EventWords {
  text: Text
  tone: EventTone
}

type Data = Record<string, unknown>
type Say = (data: Data, subject: string) => EventWords

const say = (en: string, ja: string, tone: EventTone = 'muted'): EventWords => ({ text: { en, ja }, tone })
const string = (value: unknown): string => (typeof value === 'string' ? value : '')
const list = (value: unknown): string => (Array.isArray(value) ? value.map(string).join(', ') : '')
const short = (commit: unknown): string => string(commit).slice(0, 12)
const nameOf = (subject: string): string => subject.slice(subject.indexOf('/') + 1)
const repositoryOf = (wanted: unknown): string => string((wanted as { repository?: unknown } | undefined)?.repository)
const because = (reason: unknown): { en: string; ja: string } =>
  string(reason) === '' ? { en: '', ja: '' } : { en: `: ${string(reason)}`, ja: ` (${string(reason)})` }

const toneOfVerdict: Record<Verdict, EventTone> = {
  succeeded: 'good',
  superseded: 'warn',
  stopped: 'warn',
  'rolled-back': 'bad',
  'timed-out': 'bad',
  failed: 'bad',
}

const verdictOf = (value: unknown): Verdict => (string(value) in toneOfVerdict ? (value as Verdict) : 'failed')

/** A step by its name, or by what its parts do. */
function stepName(name: unknown, parts: unknown): Text {
  if (string(name) !== '') return { en: string(name), ja: string(name) }
  const told = (Array.isArray(parts) ? parts : []).map(({ kind, names }: Data): Text => {
    const { en, ja } = workflows.kinds[string(kind) as keyof typeof workflows.kinds] ?? { en: '', ja: '' }
    return { en: `${en} ${list(names)}`.trim(), ja: `${ja} ${list(names)}`.trim() }
  })
  return { en: told.map(({ en }) => en).join(' + '), ja: told.map(({ ja }) => ja).join(' + ') }
}

const kinds: Record<string, Text> = {
  deploy: { en: 'Deployment', ja: 'デプロイ' },
  rollback: { en: 'Rollback', ja: 'ロールバック' },
  promotion: { en: 'Promotion', ja: '昇格' },
}

const says: Record<string, Say> = {
  'deployment.queued': ({ kind, ref, services }) => {
    const what = kinds[string(kind)] ?? kinds.deploy
    const all = list(services)
    return say(
      `${what?.en} of ${string(ref) || 'a release'} asked for${all && `: ${all}`}`,
      `${what?.ja}を依頼: ${string(ref) || 'リリース'}${all && ` (${all})`}`,
      'busy',
    )
  },
  'deployment.built': ({ commit, reused }) =>
    reused === true
      ? say(`Images of ${short(commit)} were there already`, `${short(commit)} のイメージは作成済み`)
      : say(`Images of ${short(commit)} are ready`, `${short(commit)} のイメージを準備`),
  'deployment.planned': ({ replanned }) =>
    replanned === true
      ? say('Planned again, as something had changed', '状況が変わったため計画し直し', 'warn')
      : say('Planned', '計画を作成'),
  'deployment.approved': () => say('Approved', '承認済み', 'good'),
  'deployment.locked': () => say('Took the locks', 'ロックを取得'),
  'deployment.checked': ({ findings }) => {
    const problems = (Array.isArray(findings) ? findings : []).filter((one: Data) => one.severity === 'problem').length
    return problems === 0
      ? say('Everything that it needs is there', '必要なものを確認')
      : say(
          `${problems} problem${problems === 1 ? '' : 's'} found before anything was changed`,
          `変更前に ${problems} 件の問題を検出`,
          'bad',
        )
  },
  'deployment.registered': () => say('Registered the task definitions', 'タスク定義を登録'),
  'deployment.migrating': () => say('Running what comes before', '事前タスクを実行'),
  'deployment.rolling': () => say('Rolling out', '入れ替えを開始', 'busy'),
  'deployment.verifying': () => say('Watching the rollouts', '入れ替えを確認中', 'busy'),
  'deployment.scheduling': () => say('Updating schedules', 'スケジュールを更新', 'busy'),
  'deployment.waited': ({ blockedBy }) => {
    const [first] = Array.isArray(blockedBy) ? blockedBy : []
    return { text: deployView.waiting(first), tone: 'warn' }
  },
  'deployment.continued': () => ({ text: deployView.continued, tone: 'warn' }),
  'deployment.troubled': ({ text }) => ({ text: wordsOf(text) ?? { en: 'Held up', ja: '停滞中' }, tone: 'warn' }),
  'deployment.recovered': () => say('Goes on after a hold-up', '停滞から復旧'),
  'deployment.cancel-asked': ({ reason }) => say(`Asked to stop${because(reason).en}`, `中止を依頼${because(reason).ja}`, 'warn'),
  'deployment.going-back': ({ services }) => ({ text: deployView.goingBack(list(services)), tone: 'warn' }),
  'deployment.ended': ({ verdict }) => {
    const how = verdictOf(verdict)
    return say(`Deployment ${deployView.verdict[how].en}`, `デプロイ: ${deployView.verdict[how].ja}`, toneOfVerdict[how])
  },
  'build.started': ({ service }) => ({ text: deployView.building(string(service)), tone: 'busy' }),
  'build.noted': ({ text }) => ({ text: wordsOf(text) ?? { en: 'Note of the build', ja: 'ビルドの注意' }, tone: 'warn' }),
  'build.ended': ({ service, digest }) => ({ text: deployView.built(string(service), string(digest)), tone: 'good' }),
  'migration.started': ({ task }) => ({ text: deployView.migrating(string(task)), tone: 'busy' }),
  'migration.stopping': ({ task, by, timeoutSeconds, error }) => ({
    text: deployView.stoppingMigration(
      string(task),
      typeof by === 'string' ? by : undefined,
      Number(timeoutSeconds ?? 0),
      wordsOf((error as Data | undefined)?.text),
    ),
    tone: 'warn',
  }),
  'migration.ended': ({ task, exitCode }) => ({
    text: deployView.migrated(string(task), typeof exitCode === 'number' ? exitCode : undefined),
    tone: exitCode === 0 ? 'good' : 'bad',
  }),
  'schedule.created': ({ schedule }) => ({ text: schedules.created(string(schedule)), tone: 'good' }),
  'schedule.updated': ({ schedule, rule, service }) => ({
    text: schedule === undefined ? schedules.ruleUpdated(string(rule), string(service)) : schedules.updated(string(schedule)),
    tone: 'muted',
  }),
  'schedule.deleted': ({ schedule }) => ({ text: schedules.deleted(string(schedule)), tone: 'warn' }),
  'schedule.paused': ({ schedule }) => ({ text: schedules.pausedNow(string(schedule)), tone: 'warn' }),
  'schedule.resumed': ({ schedule }) => ({ text: schedules.resumedNow(string(schedule)), tone: 'good' }),
  'schedule.failed': ({ schedule, exitCode }) => ({
    text: schedules.runFailed(string(schedule), typeof exitCode === 'number' ? exitCode : undefined),
    tone: 'bad',
  }),
  'schedule.missed': ({ schedule }) => ({ text: schedules.runMissed(string(schedule)), tone: 'bad' }),
  'schedule.late': ({ schedule, minutes }) => ({ text: schedules.runLate(string(schedule), Number(minutes)), tone: 'warn' }),
  'schedule.overran': ({ schedule, minutes }) => ({
    text: schedules.runOverran(string(schedule), Number(minutes)),
    tone: 'warn',
  }),
  'schedule.skipped': ({ schedule }) => ({ text: schedules.runSkipped(string(schedule)), tone: 'warn' }),
  'schedule.succeeded': ({ schedule }) => ({ text: schedules.runSucceeded(string(schedule)), tone: 'good' }),
  'workflow.queued': ({ workflow, ref }) => ({ text: workflows.asked(string(workflow), string(ref)), tone: 'busy' }),
  'workflow.built': ({ product, commit, reused }) => ({
    text: workflows.built(string(product), short(commit), reused === true),
    tone: 'muted',
  }),
  'workflow.planned': ({ steps }) => ({ text: workflows.planned(Number(steps)), tone: 'muted' }),
  'workflow.started': ({ workflow }) => ({ text: workflows.started(string(workflow)), tone: 'busy' }),
  'workflow.continued': ({ workflow }) => ({ text: workflows.continued(string(workflow)), tone: 'warn' }),
  'workflow.cancel-asked': ({ workflow }) => ({ text: workflows.cancelAsked(string(workflow)), tone: 'warn' }),
  'workflow.resumed': ({ workflow, attempt }) => ({
    text: workflows.resumed(string(workflow), Number(attempt)),
    tone: 'busy',
  }),
  'workflow.step-started': ({ step, name, parts }) => ({
    text: workflows.stepStarted(Number(step), stepName(name, parts)),
    tone: 'busy',
  }),
  'workflow.step-ended': ({ step, name, parts, verdict }) => {
    const how = verdictOf(verdict)
    return { text: workflows.stepEnded(Number(step), stepName(name, parts), how), tone: toneOfVerdict[how] }
  },
  'workflow.going-back': ({ step }) => ({ text: workflows.goingBack(Number(step)), tone: 'warn' }),
  'workflow.returning': ({ services, environment }) => ({
    text: workflows.returning(list(services), string(environment)),
    tone: 'warn',
  }),
  'workflow.kept': ({ services }) => ({ text: workflows.kept(list(services)), tone: 'warn' }),
  'workflow.ended': ({ workflow, verdict }) => {
    const how = verdictOf(verdict)
    return { text: workflows.endedWith(string(workflow), how), tone: toneOfVerdict[how] }
  },
  'task.queued': ({ task, command }) => {
    const own = list(command)
    return say(`${string(task)} asked for${own && `: ${own}`}`, `${string(task)} の実行を依頼${own && ` (${own})`}`, 'busy')
  },
  'task.started': ({ task }) => ({ text: taskRuns.started(string(task)), tone: 'busy' }),
  'task.continued': ({ task }) => ({ text: taskRuns.continued(string(task)), tone: 'warn' }),
  'task.stop-asked': ({ task }) => say(`Asked to stop ${string(task)}`, `${string(task)} の停止を依頼`, 'warn'),
  'task.ended': ({ task, verdict, exitCode }) => {
    const how = verdictOf(verdict)
    return {
      text: taskRuns.endedWith(string(task), how, typeof exitCode === 'number' ? exitCode : undefined),
      tone: toneOfVerdict[how],
    }
  },
  'rollout.started': ({ service }) => say(`${string(service)} is rolling out`, `${string(service)} の入れ替えを開始`, 'busy'),
  'rollout.changed': ({ service }) => say(`${string(service)} goes on`, `${string(service)} の入れ替えが進行`),
  'rollout.explained': ({ cause }) => {
    const title = wordsOf((cause as Data | undefined)?.title)
    return { text: title ?? { en: 'A cause was found', ja: '原因を特定' }, tone: 'bad' }
  },
  'rollout.continued': ({ service, stage }) => ({ text: services.continued(string(service), string(stage)), tone: 'busy' }),
  'rollout.restored': ({ service }) =>
    say(`${string(service)} is brought back`, `${string(service)} を元に戻す処理を開始`, 'warn'),
  'rollout.settings-restored': ({ service }) =>
    say(`${string(service)} has its settings of before again`, `${string(service)} の設定を元に戻しました`, 'warn'),
  'rollout.ended': ({ service, verdict, reason }) => {
    const how = verdictOf(verdict)
    return { text: deployView.rolloutEnded(string(service), how, string(reason)), tone: toneOfVerdict[how] }
  },
  'lock.taken': ({ reason }, subject) =>
    say(`${nameOf(subject)} locked${because(reason).en}`, `${nameOf(subject)} をロック${because(reason).ja}`),
  'lock.released': ({ reason }, subject) =>
    say(`${nameOf(subject)} unlocked${because(reason).en}`, `${nameOf(subject)} のロックを解除${because(reason).ja}`),
  'lock.forced': ({ of, reason }, subject) =>
    say(
      `Lock of ${nameOf(subject)} taken from ${string(of)}${because(reason).en}`,
      `${string(of)} が持つ ${nameOf(subject)} のロックを強制解除${because(reason).ja}`,
      'warn',
    ),
  'lock.lost': () => say('Lost its locks', 'ロックを喪失', 'warn'),
  'operation.refused': ({ operation, operations, times, why }) => {
    if (typeof times === 'number')
      return say(`${times} more refused: ${list(operations)}`, `ほか ${times} 件を拒否: ${list(operations)}`, 'warn')
    const because = wordsOf(why) ?? { en: 'refused', ja: '拒否' }
    return say(`${string(operation)} refused: ${because.en}`, `${string(operation)} を拒否: ${because.ja}`, 'warn')
  },
  'audit.exported': ({ format }) => say(`Exported the audit (${string(format)})`, `監査記録を書き出し (${string(format)})`),
  'product.added': (_, subject) => say(`${nameOf(subject)} added to the catalogue`, `${nameOf(subject)} を登録`),
  'product.read': ({ commit }, subject) =>
    say(
      `Manifest of ${nameOf(subject)} read at ${short(commit)}`,
      `${nameOf(subject)} のマニフェストを読み直し (${short(commit)})`,
    ),
  'product.removed': (_, subject) =>
    say(`${nameOf(subject)} taken out of the catalogue`, `${nameOf(subject)} の登録を解除`, 'warn'),
  'push.deployed': ({ branch, environment, workflow }) => ({
    text:
      workflow === undefined
        ? pushes.deployed(string(branch), string(environment))
        : pushes.runs(string(branch), string(workflow), string(environment)),
    tone: 'busy',
  }),
  'push.ignored': ({ branch, why }) => {
    const known = Object.hasOwn(ignoredFor, string(why)) ? ignoredFor[string(why) as keyof typeof ignoredFor] : undefined
    return {
      text: pushes.ignored(string(branch), known ?? { en: string(why), ja: string(why) }),
      tone: why === 'not-permitted' || why === 'bad-manifest' ? 'warn' : 'muted',
    }
  },
  'approval.asked': ({ needed }) => say(`Asked for approval by ${needed}`, `${needed} 名の承認を依頼`, 'busy'),
  'approval.agreed': ({ agreed, needed, reason }) =>
    say(`Agreed (${agreed} of ${needed})${because(reason).en}`, `承認 (${agreed}/${needed})${because(reason).ja}`, 'good'),
  'approval.refused': ({ reason }) => say(`Refused${because(reason).en}`, `却下${because(reason).ja}`, 'bad'),
  'approval.expired': () => say('Nobody approved in time', '期限内に承認されず', 'warn'),
  'freeze.started': ({ reason }) => say(`Frozen${because(reason).en}`, `デプロイを凍結${because(reason).ja}`, 'warn'),
  'freeze.ended': () => say('Freeze ended', '凍結を解除', 'good'),
  'freeze.broken': ({ reason, frozenFor }) =>
    say(
      `Deployed through a freeze (${string(frozenFor)})${because(reason).en}`,
      `凍結中 (${string(frozenFor)}) に緊急デプロイ${because(reason).ja}`,
      'bad',
    ),
  'device.approved': ({ name }, subject) =>
    say(`${nameOf(subject)} let ${string(name)} in`, `${nameOf(subject)} が ${string(name)} のログインを許可`),
  'user.added': (_, subject) => say(`${nameOf(subject)} invited`, `${nameOf(subject)} を招待`),
  'user.invited-again': (_, subject) => say(`${nameOf(subject)} invited again`, `${nameOf(subject)} を再招待`),
  'user.disabled': ({ reason }, subject) =>
    say(`${nameOf(subject)} shut out${because(reason).en}`, `${nameOf(subject)} を無効化${because(reason).ja}`, 'warn'),
  'user.enabled': (_, subject) => say(`${nameOf(subject)} let in again`, `${nameOf(subject)} を再び有効化`),
  'session.opened': ({ method }, subject) =>
    say(`${nameOf(subject)} logged in by ${string(method)}`, `${nameOf(subject)} がログイン (${string(method)})`),
  'session.closed': (_, subject) => say(`${nameOf(subject)} logged out`, `${nameOf(subject)} がログアウト`),
  'session.revoked': (_, subject) => say(`A session of ${nameOf(subject)} ended`, `${nameOf(subject)} のセッションを終了`),
  'password.set': (_, subject) => say(`${nameOf(subject)} set a password`, `${nameOf(subject)} がパスワードを設定`),
  'password.confirmed': (_, subject) =>
    say(`${nameOf(subject)} can log in by password`, `${nameOf(subject)} のパスワードを確認済みに変更`),
  'passkey.added': ({ name }, subject) =>
    say(`${nameOf(subject)} added the passkey ${string(name)}`, `${nameOf(subject)} がパスキー ${string(name)} を登録`),
  'passkey.removed': ({ name }, subject) =>
    say(`${nameOf(subject)} removed the passkey ${string(name)}`, `${nameOf(subject)} がパスキー ${string(name)} を削除`),
  'user.linked': ({ issuer }, subject) =>
    say(`${nameOf(subject)} linked to ${string(issuer)}`, `${nameOf(subject)} を ${string(issuer)} と連携`),
  'grant.given': ({ role, product, environment, reason }, subject) =>
    say(
      `${nameOf(subject)} is ${string(role)} on ${string(product)}/${string(environment)}${because(reason).en}`,
      `${nameOf(subject)} に ${string(product)}/${string(environment)} の ${string(role)} を付与${because(reason).ja}`,
    ),
  'grant.taken': ({ reason }) => say(`A role was taken back${because(reason).en}`, `役割を取り消し${because(reason).ja}`, 'warn'),
  'token.created': (_, subject) => say(`Token ${nameOf(subject)} made`, `トークン ${nameOf(subject)} を発行`),
  'federation.added': ({ wanted, role, product, environment, reason }) =>
    say(
      `Jobs of ${repositoryOf(wanted)} are ${string(role)} on ${string(product)}/${string(environment)}${because(reason).en}`,
      `${repositoryOf(wanted)} のジョブに ${string(product)}/${string(environment)} の ${string(role)} を許可${because(reason).ja}`,
    ),
  'federation.removed': ({ wanted, reason }) =>
    say(
      `Jobs of ${repositoryOf(wanted)} are let in no more${because(reason).en}`,
      `${repositoryOf(wanted)} のジョブの許可を取り消し${because(reason).ja}`,
      'warn',
    ),
  'federation.refused': ({ wrong }, subject) =>
    say(`${nameOf(subject)} was not let in: ${list(wrong)}`, `${nameOf(subject)} のログインを拒否: ${list(wrong)}`, 'warn'),
  'job.entered': ({ triggeredBy }, subject) =>
    say(
      `${nameOf(subject)} came in, run by ${string(triggeredBy)}`,
      `${nameOf(subject)} がログイン (実行者: ${string(triggeredBy)})`,
    ),
  'job.restricted': (_, subject) =>
    say(`${nameOf(subject)} lost what a rule gave it`, `${nameOf(subject)} からルールによる権限を取り消し`, 'warn'),
  'token.revoked': (_, subject) => say(`Token ${nameOf(subject)} ended`, `トークン ${nameOf(subject)} を無効化`),
}

/** What a stored event says. A type that is newer than this program is shown by its name. */
export function eventWords({ type, data, subject }: Pick<Event, 'type' | 'data' | 'subject'>): EventWords {
  return says[type]?.(data, subject) ?? { text: { en: type, ja: type }, tone: 'muted' }
}

/** Every type that has words; a test holds it against what is written. */
export const eventTypes = (): string[] => Object.keys(says)

function wordsOf(value: unknown): Text | undefined {
  const words = value as Partial<Text> | undefined
  return typeof words?.en === 'string' && typeof words.ja === 'string' ? { en: words.en, ja: words.ja } : undefined
}

export const timeline = {
  list: { en: 'Show what happened', ja: '起きたことを表示する' },
  follow: { en: 'Follow what happens', ja: '起きることを追う' },
  measures: { en: 'Measure how deployments go (DORA)', ja: 'デプロイの状況を計測する (DORA)' },
  fieldProduct: { en: 'Product; all that you may see by default', ja: 'プロダクト。既定は閲覧できるすべて' },
  fieldEnvironment: { en: 'Environment', ja: '環境' },
  fieldType: { en: 'Kinds of events: deployment, lock.forced …', ja: '種類 (deployment、lock.forced など)' },
  fieldActor: { en: 'Who did it', ja: '操作者' },
  fieldSubject: { en: 'What it is about: deployment/dep_…, service/web', ja: '対象 (deployment/dep_…、service/web など)' },
  fieldText: { en: 'Words to look for', ja: '検索する語' },
  fieldSince: {
    en: 'From when: 30m, 2h, 7d, or a moment such as 2026-01-31T09:00:00+09:00',
    ja: 'いつからか。30m、2h、7d、または 2026-01-31T09:00:00+09:00 のような時刻',
  },
  fieldUntil: { en: 'Until when, likewise', ja: 'いつまでか。書式は --since と同じ' },
  fieldAround: { en: 'What changed around this time', ja: 'この時刻の前後に変わったもの' },
  fieldWithin: { en: 'How many minutes before and after it', ja: '前後それぞれ何分まで含めるか' },
  fieldDays: { en: 'Days to look back', ja: '対象の日数' },
  nothing: { en: 'Nothing happened', ja: '該当する出来事はありません' } satisfies Text,

  frequency: { en: 'Deployment frequency', ja: 'デプロイの頻度' } satisfies Text,
  frequencyMeans: {
    en: 'Deployments and promotions to that environment that succeeded, a week',
    ja: 'その環境へのデプロイと昇格のうち成功したものの、1 週間あたりの件数',
  } satisfies Text,
  leadTime: { en: 'Lead time for changes', ja: '変更のリードタイム' } satisfies Text,
  leadTimeMeans: {
    en: 'Median from the commit to its first success in that environment',
    ja: 'コミットからその環境で初めて成功するまでの時間の中央値',
  } satisfies Text,
  failureRate: { en: 'Change failure rate', ja: '変更失敗率' } satisfies Text,
  failureRateMeans: {
    en: 'Share of deployments to that environment that failed, were rolled back or timed out, or that a later rollback took back',
    ja: 'その環境へのデプロイのうち、失敗・ロールバック・時間切れになったもの、および後からロールバックされたものの割合',
  } satisfies Text,
  recovery: { en: 'Failed deployment recovery time', ja: '失敗からの復旧時間' } satisfies Text,
  recoveryMeans: {
    en: 'Median from the first rollout of a failed deployment to the end of what brought a good release back',
    ja: '失敗したデプロイの入れ替え開始から、正常なリリースに戻り終えるまでの時間の中央値',
  } satisfies Text,
  perWeek: (count: string): Text => ({ en: `${count} a week`, ja: `週 ${count} 件` }),
  notYet: { en: 'nothing to measure yet', ja: 'まだ計測できません' } satisfies Text,
  measured: (environment: string, days: number, count: number): Text => ({
    en: `${environment}, ${count} deployments in ${days} days`,
    ja: `${environment}: ${days} 日間で ${count} 件のデプロイ`,
  }),
}
