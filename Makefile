# Tiers: check needs no Slurm; test runs every end-to-end test on the lab's real Slurm.
.PHONY: check test docs-test test-all demo bindings bindings-diff matrix health bench-admission bench-images \
    escapes bench-sandbox bench-builds bench-digest bench-release fuzz-smoke deny kills service test-stores \
    bench-crawler rules

check:
	tests/check

test:
	tests/run
	tests/test-stores s3s-fs rclone quirky

docs-test:
	tests/docs

# An hour and a half; .ci/run says what continuous integration leaves out of it.
test-all:
	tests/all

demo:
	tests/demo

# Freezing and loading side by side with what a shell user has; the ratios are what counts.
bench-digest:
	cargo build --quiet --release -p sluice
	tests/bench/digest
	cargo bench --quiet -p sluice-site

# Release rules beside plain readers of the same files.
bench-release:
	tests/bench-release

# Every parser under libFuzzer; SECONDS for each.
SECONDS ?= 60
fuzz-smoke:
	tests/fuzz $(SECONDS)

# What release rules make of the files of real programs, of hostile ones and of ACRO's tables;
# `tests/rules --readers` has R, Python and LibreOffice read what passes.
rules:
	tests/rules

# Licences, sources, duplicates and known advisories of every dependency; reads the advisories anew.
deny:
	command -v cargo-deny >/dev/null || cargo install --quiet --locked cargo-deny
	cargo deny check

# kill -9 at every failpoint of a run's life and at 500 random moments.
kills:
	tests/kills

# The packaged unit under a real systemd of its own.
service:
	tests/service

# The crawler's tests on three S3 servers; Garage takes half an hour to build the first time.
test-stores:
	tests/test-stores

# The crawler beside s5cmd and the polling script; in no tier.
bench-crawler:
	tests/bench-crawler

# The plugin's bindings for every Slurm version, made anew from their headers.
bindings:
	tests/bindings

bindings-diff:
	tests/bindings --diff

# Every launch path on every Slurm version; writes the table in docs/reference.
matrix:
	tests/matrix

# Attacks on the sandbox, what each layer stops of them, and that each single rule is needed.
escapes:
	tests/escapes/run

# The same workloads and many-task steps with and without the sandbox, side by side; a quarter of an hour.
bench-sandbox:
	cargo build --quiet --release --workspace
	tests/bench/sandbox

# Refusals, and a decider that fails in every way, on a cluster that stays healthy.
health:
	tests/health

# This optimised build beside that of another checkout, OTHER, in turn; both must be built.
bench-builds:
	tests/bench-builds $(OTHER)

# What Sluice adds to the start of jobs and steps, beside Slurm alone; in no tier.
bench-admission:
	tests/bench-admission

# The decision about a job whose bundle is an image, beside a directory; in no tier.
bench-images:
	tests/bench-images
