"""How do bandits learn? Decisions and what came of them become rows by arm and hour (`learning`), a job makes weights
of the rows (`batches`), and edges are told of them (`pushing`). What a policy makes of rows is `campaigns.bandits`."""
