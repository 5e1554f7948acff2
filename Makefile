# Tiers: check needs no Slurm; test runs every end-to-end test on the lab's real Slurm.
.PHONY: check test docs-test test-all demo bindings bindings-diff matrix health bench-admission

check:
	tests/check

test:
	tests/run

docs-test:
	tests/docs

test-all: check test docs-test

demo:
	tests/demo

# The plugin's bindings for every Slurm version, made anew from their headers.
bindings:
	tests/bindings

bindings-diff:
	tests/bindings --diff

# Every launch path on every Slurm version; writes the table in docs/reference.
matrix:
	tests/matrix

# Refusals, and a decider that fails in every way, on a cluster that stays healthy.
health:
	tests/health
