"""
`ravi integrate`: the files by which an orchestrator gives each workspace its identity, and takes it back.

`tools.py` is the table: one entry for each tool. `parts.py` says what an entry is made of; `json_text.py`,
`toml_text.py`, `front_matter.py` and `script_text.py` put lines into files of other people and take exactly these out
again; `project.py` knows where the files lie and writes them; `command.py` is the verb.
"""
