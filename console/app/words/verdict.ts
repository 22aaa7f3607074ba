import { deployView } from '../../../src/core/messages/deploy-view.ts'

export const verdictWords = deployView.verdict
export const stateWords = deployView.step
