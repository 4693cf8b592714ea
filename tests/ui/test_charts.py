from console.ui.charts import chart_text, thin


def test_a_short_line_stays_as_it_is():
    assert thin(5, lambda place: float(place), 10) == [0, 1, 2, 3, 4]


def test_a_long_line_keeps_its_peaks_and_its_gaps():
    values: list[float | None] = [1.0] * 3000
    values[1234], values[2345], values[500] = 99.0, -5.0, None
    kept = thin(len(values), values.__getitem__, 300)
    assert len(kept) <= 300
    assert {1234, 2345, 500} <= set(kept)
    assert kept == sorted(kept)


def test_labels_are_text_for_plotly_too():
    assert chart_text("<b>a</b> & b\n c") == "&lt;b&gt;a&lt;/b&gt; &amp; b c"
