"""figures.py COHORT OUT: figures as Python's libraries write them, small ones."""

import sys
from pathlib import Path

import altair
import matplotlib
import nbformat
import pandas
import seaborn
from PIL import Image

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402
import plotly.express  # noqa: E402

cohort = pandas.read_csv(sys.argv[1])
out = Path(sys.argv[2])
means = cohort.groupby("site")[["bmi"]].mean().round(2).reset_index()


def at(program, name):
    (out / program).mkdir(exist_ok=True)
    return out / program / name


def bars(**more):
    figure, axes = pyplot.subplots(figsize=(3, 2), dpi=60)
    axes.bar(means.site, means.bmi, **more)
    axes.set_title("Mean (SD), n ≥ 10 & α < 5 %")
    return figure


def m(name):
    return at("matplotlib", name)


bars().savefig(m("bars.svg"))
bars().savefig(m("bars.pdf"))
bars().savefig(m("bars.png"))
bars().savefig(m("bars.jpg"))
bars().savefig(m("bars.eps"))
bars().savefig(m("title.png"), metadata={"Title": "Cohort A"})
bars().savefig(m("title.pdf"), metadata={"Title": "Cohort A", "Author": "R. Example"})
bars(gid="n (all)").savefig(m("gid.svg"))
bars(url="https://www.example.org").savefig(m("link.svg"))
with matplotlib.rc_context({"svg.fonttype": "none"}):
    bars().savefig(m("text.svg"))
with matplotlib.rc_context({"pdf.compression": 0}):
    bars().savefig(m("plain.pdf"))
figure, axes = pyplot.subplots(figsize=(3, 2))
axes.scatter(cohort.age.head(50), cohort.bmi.head(50), s=4)
figure.savefig(m("points.svg"))
figure.savefig(m("points.pdf"))
figure, axes = pyplot.subplots(figsize=(2, 2), dpi=50)
axes.imshow(cohort[["age", "bmi", "stay"]].corr(), interpolation="nearest")
figure.savefig(m("heatmap.svg"))
figure.savefig(m("heatmap.png"), transparent=True)
axes.text(0, 0, "site", url="https://www.example.org")
figure.savefig(m("link.pdf"))
seaborn.set_theme()
for name in ["box.svg", "box.png", "box.pdf"]:
    figure, axes = pyplot.subplots(figsize=(3, 2), dpi=50)
    seaborn.boxplot(cohort, x="site", y="bmi", showfliers=False, ax=axes)
    figure.savefig(at("seaborn", name))
figure = plotly.express.bar(means, "site", "bmi", template="none")
at("plotly", "bars.json").write_text(figure.to_json())
figure.write_html(at("plotly", "bars.html"), include_plotlyjs="cdn")
chart = altair.Chart(means, width=90, height=60).mark_bar().encode(
    x=altair.X("bmi", bin=True), y="count()", tooltip=["count()"])
for name in ["bars.svg", "bars.png", "bars.json", "bars.html", "bars.pdf"]:
    chart.save(at("altair", name))
picture = Image.open(m("bars.png")).convert("RGB")
picture.save(at("Pillow", "plain.png"))
picture.save(at("Pillow", "plain.jpg"), quality=50)
picture.save(at("Pillow", "progressive.jpg"), quality=50, progressive=True, optimize=True)
picture.convert("L").save(at("Pillow", "grey.jpg"), quality=50)
picture.save(at("Pillow", "dpi.jpg"), quality=50, dpi=(300, 300))
exif = Image.Exif()
exif[0x010E] = "ward 3"
picture.save(at("Pillow", "exif.jpg"), quality=50, exif=exif)
picture.save(at("Pillow", "comment.jpg"), quality=50, comment="ward 3")
picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=16).save(at("Pillow", "palette.png"))
picture.save(at("Pillow", "plain.tiff"), compression="tiff_lzw")
picture.save(at("Pillow", "plain.gif"))
picture.save(at("Pillow", "page.pdf"))
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("Means by site")])
nbformat.write(notebook, at("nbformat", "means.ipynb"))
