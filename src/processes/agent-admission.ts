// Gives a server that is about to start the agent and a channel to report by, or says why it cannot have them.
import { type AgentChannel, openAgentChannel } from './agent-channel.ts'
import { withAgent } from './environment.ts'

/** Where the agents of one life of a server report, or why none of them can, as a half sentence. */
export type AgentAccess =
  | { readonly channel: AgentChannel; readonly missing?: never }
  | { readonly channel?: never; readonly missing: string }

type Environment = Record<string, string | undefined>

/** A server without the agent is still a server: nothing that stands in its way is an error. */
export async function admitAgent(
  environment: Environment,
  refusal: string | undefined,
): Promise<{ readonly access: AgentAccess; readonly env: Environment }> {
  const without = (missing: string) => ({ access: { missing }, env: environment })
  if (refusal !== undefined) return without(`${refusal}; it was started once more without the agent`)
  const env = withAgent(environment)
  if (env === undefined) return without('NODE_OPTIONS is removed from its environment')
  try {
    const channel = await openAgentChannel()
    return { access: { channel }, env: { ...env, VITEST_LOAD_AGENT: channel.address } }
  } catch (error) {
    return without(`no local socket could be opened for the agent (${(error as Error).message})`)
  }
}
