"""The collector, a program of its own: probes every check and writes what it found.

python -m console.collector            always on, beside a console that sleeps
python -m console.collector --child    started and supervised by the web process

It uses no Streamlit and no pandas.
"""
