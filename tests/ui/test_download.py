from tests.visiting import visit


def test_a_file_made_on_demand_is_there_until_it_is_fetched_although_pages_run_on(serve):
    assert "there=True" in visit(serve("download_app.py"))
