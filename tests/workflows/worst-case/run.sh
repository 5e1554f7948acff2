#!/bin/bash
# The worst workflow a controller could approve: it runs whatever the researcher brings along.
exec bash "./$1"
