// An environment in which nothing can run.
export default {
  name: 'broken',
  viteEnvironment: 'ssr',
  setup: () => {
    throw new Error('this environment is not for load tests')
  },
}
