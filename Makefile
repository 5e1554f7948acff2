# Tiers: check needs no Slurm; test runs every end-to-end test on the lab's real Slurm.
.PHONY: check test docs-test test-all demo bindings bindings-diff matrix health bench-admission \
    bench-digest fuzz-smoke

check:
	tests/check

test:
	tests/run

docs-test:
	tests/docs

test-all: check test docs-test

demo:
	tests/demo

# Freezing and loading side by side with what a shell user has; the ratios are what counts.
bench-digest:
	cargo build --quiet --release -p sluice
	tests/bench/digest
	cargo bench --quiet -p sluice-site

# Every parser under libFuzzer; SECONDS for each.
SECONDS ?= 60
fuzz-smoke:
	tests/fuzz $(SECONDS)

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
