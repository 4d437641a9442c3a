// Set-up of integration tests: the files that run side by side do not wait for each other's load.
process.env.VITEST_LOAD_LOCK = `vitest-load-test-${process.pid}`
