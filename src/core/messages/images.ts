// What building, pushing and inspecting images says.
import type { Text } from '../text.ts'

export const images = {
  processAloud: (user: string): Text => ({
    en: `The process builder runs the repository's commands here as ${user}, not isolated`,
    ja: `process ビルダーはリポジトリのコマンドをこのマシン上で、${user} として、隔離なしに実行します`,
  }),
  processNode: (asked: string, host: string): Text => ({
    en: `The Dockerfile asks for ${asked}; the process runtime has Node ${host}`,
    ja: `Dockerfile は ${asked} を指定していますが、process ランタイムは Node ${host} を使います`,
  }),
  otherMachine: (host: string, platform: string): Text => ({
    en: `The image is for ${platform}, but its commands run on ${host}: what they compile is for ${host}`,
    ja: `イメージは ${platform} 用ですが、コマンドは ${host} 上で実行されます。コンパイルされるものは ${host} 用になります`,
  }),
  chownIgnored: (where: string, owner: string): Text => ({
    en: `${where}: --chown=${owner} is ignored: only numbers and node are known; the files belong to root`,
    ja: `${where}: --chown=${owner} は無視します。数値と node だけが使えます。ファイルの所有者は root になります`,
  }),
  argumentUnused: (names: string): Text => ({
    en: `Build arguments that the Dockerfile does not declare: ${names}`,
    ja: `Dockerfile で宣言されていないビルド引数: ${names}`,
  }),

  unknownBuilder: (name: string): Text => ({
    en: `KIBAN_BUILDER is '${name}', which is no builder`,
    ja: `KIBAN_BUILDER の値 '${name}' はビルダーではありません`,
  }),
  unknownBuilderHint: {
    en: 'Use docker, podman, buildah or process',
    ja: 'docker、podman、buildah、process のいずれかにしてください',
  } satisfies Text,
  noBuilder: {
    en: 'There is nothing to build an image with: docker, podman and buildah were looked for',
    ja: 'イメージをビルドする手段がありません (docker、podman、buildah を探しました)',
  } satisfies Text,
  noBuilderHint: {
    en: "Install or start one of them, or set KIBAN_BUILDER=process to run the Dockerfile's commands on this machine as yourself",
    ja: 'いずれかをインストールまたは起動してください。KIBAN_BUILDER=process を設定すると、Dockerfile のコマンドをこのマシン上であなたとして実行します',
  } satisfies Text,
  builderUnavailable: (name: string, why: string): Text => ({
    en: `${name} was asked for, but cannot be used: ${why}`,
    ja: `${name} が指定されていますが、使えません: ${why}`,
  }),
  secretArgument: (name: string): Text => ({
    en: `The build argument ${name} looks like a secret; build arguments stay readable in the image`,
    ja: `ビルド引数 ${name} は秘密情報のようです。ビルド引数はイメージから読み取れます`,
  }),
  secretArgumentHint: {
    en: "Give it to the running task through the manifest's secrets, or rename the argument if it holds no secret",
    ja: 'マニフェストの secrets で実行中のタスクに渡してください。秘密でない場合は引数の名前を変えてください',
  } satisfies Text,
  builderUnavailableHint: {
    en: 'Start it, or unset KIBAN_BUILDER to take whichever engine is there',
    ja: '起動するか、KIBAN_BUILDER を外して利用できるエンジンに任せてください',
  } satisfies Text,
  contextHint: {
    en: 'Correct build: in kiban.yml; it names a folder inside the repository',
    ja: 'kiban.yml の build: を、リポジトリ内のフォルダーに直してください',
  } satisfies Text,
  contextMissing: (context: string): Text => ({
    en: `The build folder ${context} does not exist in the repository`,
    ja: `ビルドフォルダー ${context} がリポジトリにありません`,
  }),
  contextOutside: (context: string): Text => ({
    en: `The build folder ${context} lies outside the repository`,
    ja: `ビルドフォルダー ${context} がリポジトリの外にあります`,
  }),
  dockerfileMissing: (path: string): Text => ({ en: `There is no ${path}`, ja: `${path} がありません` }),
  dockerfileMissingHint: {
    en: "Point the service's build at a folder with a Dockerfile, or name a ready image",
    ja: 'サービスの build に Dockerfile のあるフォルダーを指定するか、既存のイメージを指定してください',
  } satisfies Text,
  dockerfileInvalid: (path: string, count: number): Text => ({
    en: `${path} cannot be built: ${count === 1 ? 'one problem' : `${count} problems`}`,
    ja: `${path} をビルドできません (問題 ${count} 件)`,
  }),
  problem: (where: string, text: Text): Text => ({ en: `${where}: ${text.en}`, ja: `${where}: ${text.ja}` }),
  dockerfileEmpty: { en: 'the Dockerfile has no FROM', ja: 'Dockerfile に FROM がありません' } satisfies Text,
  instructionBeforeFrom: (name: string): Text => ({
    en: `${name} stands before the first FROM`,
    ja: `${name} が最初の FROM より前にあります`,
  }),
  instructionUnsupported: (name: string): Text => ({
    en: `the process builder does not know ${name}; build with docker, podman or buildah`,
    ja: `process ビルダーは ${name} に対応していません。docker、podman、buildah でビルドしてください`,
  }),
  instructionUnknown: (name: string, nearest: string | undefined): Text => ({
    en: `${name} is no instruction${nearest ? `; did you mean ${nearest}?` : ''}`,
    ja: `${name} という命令はありません${nearest ? `。${nearest} のことですか?` : ''}`,
  }),
  flagUnsupported: (instruction: string, flag: string): Text => ({
    en: `the process builder does not know ${instruction} ${flag}`,
    ja: `process ビルダーは ${instruction} ${flag} に対応していません`,
  }),
  heredocUnsupported: (instruction: string): Text => ({
    en: `the process builder does not know here-documents (${instruction} <<…)`,
    ja: `process ビルダーはヒアドキュメント (${instruction} <<…) に対応していません`,
  }),
  argumentsMissing: (instruction: string, wanted: string): Text => ({
    en: `${instruction} needs ${wanted}`,
    ja: `${instruction} には ${wanted} が必要です`,
  }),
  variableUnreadable: (text: string): Text => ({
    en: `the variable in ${text} cannot be read`,
    ja: `${text} の変数を解釈できません`,
  }),
  variableRequired: (name: string, why: string): Text => ({
    en: `${name}: ${why || 'is not set'}`,
    ja: `${name}: ${why || '設定されていません'}`,
  }),
  portUnreadable: (port: string): Text => ({ en: `EXPOSE ${port} is no port`, ja: `EXPOSE ${port} はポートではありません` }),
  baseUnsupported: (image: string): Text => ({
    en: `the process builder cannot build FROM ${image}: only scratch and node:… are known; build with docker, podman or buildah`,
    ja: `process ビルダーは FROM ${image} をビルドできません。使えるのは scratch と node:… だけです。docker、podman、buildah でビルドしてください`,
  }),
  stageUnknown: (name: string): Text => ({
    en: `--from=${name} names no earlier stage; the process builder copies from stages only`,
    ja: `--from=${name} に当たる前段のステージがありません。process ビルダーはステージからのみコピーできます`,
  }),
  targetUnknown: (name: string): Text => ({ en: `there is no stage named ${name}`, ja: `${name} というステージはありません` }),
  copyMissing: (source: string): Text => ({
    en: `COPY finds no ${source} in the build folder (or .dockerignore hides it)`,
    ja: `COPY の対象 ${source} がビルドフォルダーにありません (.dockerignore で除外されている可能性もあります)`,
  }),
  copyOutside: (source: string): Text => ({
    en: `COPY ${source} leads out of the build folder`,
    ja: `COPY ${source} はビルドフォルダーの外を指しています`,
  }),
  copyNeedsFolder: (destination: string): Text => ({
    en: `COPY of several files needs a folder as destination: ${destination}/`,
    ja: `複数のファイルを COPY する場合、宛先はフォルダーにしてください: ${destination}/`,
  }),
  copyOntoFolder: (destination: string): Text => ({
    en: `COPY cannot put a folder in the place of the file ${destination}`,
    ja: `COPY はファイル ${destination} をフォルダーに置き換えられません`,
  }),
  runFailed: (where: string, code: number | string): Text => ({
    en: `${where}: the command failed with ${typeof code === 'number' ? `exit code ${code}` : code}`,
    ja: `${where}: コマンドが失敗しました (${typeof code === 'number' ? `終了コード ${code}` : code})`,
  }),
  runFailedHint: {
    en: "The process builder runs commands in the build folder: paths from / are this machine's, so use WORKDIR and relative ones",
    ja: 'process ビルダーはビルドフォルダー内でコマンドを実行します。/ から始まるパスはこのマシンのものになるため、WORKDIR と相対パスを使ってください',
  } satisfies Text,
  engineFailed: (engine: string, code: number | string): Text => ({
    en: `${engine} could not build the image (${typeof code === 'number' ? `exit code ${code}` : code})`,
    ja: `${engine} でイメージをビルドできませんでした (${typeof code === 'number' ? `終了コード ${code}` : code})`,
  }),
  buildTimedOut: (minutes: number): Text => ({
    en: `The build took longer than ${minutes} minutes and was ended`,
    ja: `ビルドが ${minutes} 分を超えたため中止しました`,
  }),
  lastLines: (line: string): Text => ({ en: line, ja: line }),

  buildTimedOutHint: {
    en: 'Look what it waits for by building it on this machine',
    ja: '手元でビルドして、何を待っているか確認してください',
  } satisfies Text,
  registryUnreachableHint: {
    en: 'Look at the network and the endpoint, then deploy again',
    ja: 'ネットワークとエンドポイントを確認し、もう一度デプロイしてください',
  } satisfies Text,
  registryLoginHint: {
    en: 'Log in again; for ECR the credentials are those of AWS',
    ja: 'もう一度ログインしてください。ECR では AWS の認証情報が使われます',
  } satisfies Text,
  registryForbiddenHint: {
    en: 'For ECR the role needs ecr:BatchCheckLayerAvailability, InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload and PutImage',
    ja: 'ECR ではロールに ecr:BatchCheckLayerAvailability、InitiateLayerUpload、UploadLayerPart、CompleteLayerUpload、PutImage が必要です',
  } satisfies Text,
  repositoryMissingHint: {
    en: 'Create it (aws ecr create-repository), or name another one (names.repository)',
    ja: '作成するか (aws ecr create-repository)、別の名前を指定してください (names.repository)',
  } satisfies Text,
  imageMissingHint: {
    en: 'Push it, or name one that is there (image in kiban.yml)',
    ja: 'push するか、存在するイメージを指定してください (kiban.yml の image)',
  } satisfies Text,
  tagTakenHint: {
    en: 'Delete the tag, or the image that has it',
    ja: 'そのタグ、またはタグの付いたイメージを削除してください',
  } satisfies Text,
  registryUnreachable: (registry: string): Text => ({
    en: `The image registry ${registry} cannot be reached`,
    ja: `イメージレジストリ ${registry} に接続できません`,
  }),
  registryUnauthenticated: (registry: string): Text => ({
    en: `The image registry ${registry} does not accept the credentials`,
    ja: `イメージレジストリ ${registry} が認証情報を受け付けません`,
  }),
  registryForbidden: (registry: string, repository: string): Text => ({
    en: `The image registry ${registry} does not allow this on ${repository}`,
    ja: `イメージレジストリ ${registry} が ${repository} へのこの操作を許可していません`,
  }),
  registryRefused: (registry: string, what: string): Text => ({
    en: `The image registry ${registry} refused: ${what}`,
    ja: `イメージレジストリ ${registry} に拒否されました: ${what}`,
  }),
  repositoryMissing: (repository: string): Text => ({
    en: `The image repository ${repository} does not exist`,
    ja: `イメージリポジトリ ${repository} がありません`,
  }),
  imageMissing: (image: string): Text => ({ en: `There is no image ${image}`, ja: `イメージ ${image} がありません` }),
  tagTaken: (tag: string, repository: string): Text => ({
    en: `The tag ${tag} of ${repository} already names another image, and tags are immutable there`,
    ja: `${repository} のタグ ${tag} は既に別のイメージを指しており、タグは変更できない設定です`,
  }),
  registryBroken: (registry: string, what: string): Text => ({
    en: `The image registry ${registry} gave an answer that is not right: ${what}`,
    ja: `イメージレジストリ ${registry} の応答が正しくありません: ${what}`,
  }),
  layoutBroken: (what: string): Text => ({
    en: `The built image is not a whole OCI image: ${what}`,
    ja: `ビルドされたイメージが OCI イメージとして不完全です: ${what}`,
  }),
}
