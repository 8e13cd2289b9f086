CREATE TABLE `audience_sizes` (
	`audience` integer NOT NULL,
	`hour` integer NOT NULL,
	`desired` integer NOT NULL,
	`applied` integer NOT NULL,
	PRIMARY KEY(`audience`, `hour`)
) WITHOUT ROWID;
