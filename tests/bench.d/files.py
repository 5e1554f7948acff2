"""Makes so many small files below a directory, a hundred in each."""

import os
import sys

root, count = sys.argv[1], int(sys.argv[2])
for number in range(count):
    directory = f"{root}/{number // 100}"
    if number % 100 == 0:
        os.makedirs(directory, exist_ok=True)
    with open(f"{directory}/{number}", "w") as file:
        file.write(f"{number}\n" * 10)
