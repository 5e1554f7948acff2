# Tiers: check needs no Slurm; test runs every end-to-end test on the lab's real Slurm.
.PHONY: check test test-all demo bindings bindings-diff

check:
	tests/check

test:
	tests/run

test-all: check test

demo:
	tests/demo

# Regenerates the plugin's bindings from the installed Slurm headers; needs bindgen and libclang.
bindings:
	spank-plugin/bindings.sh > spank-plugin/src/bindings/slurm_22_05.rs

bindings-diff: bindings
	git diff --exit-code spank-plugin/src/bindings
